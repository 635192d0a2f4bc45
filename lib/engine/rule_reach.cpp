#include "lib/engine/rule_reach.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "lib/promql/walk.h"

namespace slod {
namespace {

using Groups = std::span<const std::shared_ptr<const rules::Group>>;

class Needs {
 public:
  explicit Needs(Groups groups) : groups_(groups) {}

  Duration of(const rules::Rule& rule) {
    Duration recorded{};
    for (const promql::VectorSelector* selector : promql::selectors(*rule.parsed)) {
      recorded = std::max(recorded, of_recorded(promql::selected(*selector).metric));
    }
    return promql::reach(*rule.parsed, Duration::zero()) + recorded;
  }

 private:
  /// Rules may look at what they record themselves.
  Duration of_recorded(const std::string& metric) {
    if (metric.empty() || !visited_.insert(metric).second) return {};
    Duration longest{};
    for (const auto& group : groups_) {
      for (const rules::Rule& rule : group->rules) {
        if (rule.record == metric) longest = std::max(longest, of(rule));
      }
    }
    return longest;
  }

  Groups groups_;
  std::set<std::string> visited_;
};

}  // namespace

Duration samples_needed(const rules::Rule& rule, Groups groups) {
  return Needs(groups).of(rule);
}

}  // namespace slod
