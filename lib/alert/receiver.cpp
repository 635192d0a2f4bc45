#include "lib/alert/receiver.h"

namespace slod::alert {

std::string_view to_string(ReceiverKind kind) {
  switch (kind) {
    case ReceiverKind::pagerduty:
      return "pagerduty";
    case ReceiverKind::slack:
      return "slack";
    case ReceiverKind::alertmanager:
      return "alertmanager";
    case ReceiverKind::webhook:
      return "webhook";
  }
  return "";
}

std::span<const std::string> Routes::receivers(std::string_view severity) const {
  const auto found = by_severity.find(severity);
  if (found == by_severity.end()) return {};
  return found->second;
}

}  // namespace slod::alert
