#include "lib/alert/urgency.h"

namespace slod::alert {

Urgency urgency_of(std::string_view severity) {
  if (severity == "page" || severity == "critical") return Urgency::critical;
  if (severity == "error") return Urgency::error;
  if (severity == "ticket" || severity == "warning") return Urgency::warning;
  return Urgency::info;
}

std::string_view to_string(Urgency urgency) {
  switch (urgency) {
    case Urgency::critical:
      return "critical";
    case Urgency::error:
      return "error";
    case Urgency::warning:
      return "warning";
    case Urgency::info:
      break;
  }
  return "info";
}

}  // namespace slod::alert
