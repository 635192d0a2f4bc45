#include "lib/slo/sli/demanded.h"

namespace slod {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::total:
      return "total";
    case Role::good:
      return "good";
    case Role::bad:
      return "bad";
    case Role::bucket:
      return "histogram";
    case Role::value:
      return "expressions";
  }
  return "";
}

void append_demands(std::vector<Demanded>& wanted, const EventSum& sum, Role role) {
  for (const auto& [selector, subtracted] : sum.terms) {
    wanted.push_back({selector, role, subtracted});
  }
}

}  // namespace slod
