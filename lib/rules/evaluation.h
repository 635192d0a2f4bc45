#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/rules/alerting.h"
#include "lib/rules/group.h"
#include "lib/rules/status.h"
#include "lib/series/labels.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod::rules {

/// What a rule remembers from one evaluation to the next.
struct RuleState {
  RuleStatus status;
  std::vector<Labels> series;  ///< that it wrote last
};

/// What a group remembers. `rules` are beside those of the group.
struct GroupState {
  std::vector<RuleState> rules;
  std::optional<Instant> last_evaluation;
  double evaluation_seconds = 0;
  std::optional<Instant> down_at;  ///< the last evaluation before a restart; until the first after
};

/// A sample that a rule makes. A stale marker ends its series.
struct RuleSample {
  Labels labels;  ///< with __name__
  Instant at;
  double value = 0;
};

struct Evaluation {
  GroupState state;
  std::vector<RuleSample> samples;  ///< in the order in which they came
  std::vector<AlertChange> changes;
};

struct EvaluationOptions {
  std::string external_url;
  std::function<bool()> is_cancelled;        ///< asked now and then; a cancelled rule has an error
  std::function<std::size_t()> memory_left;  ///< as query::Options::memory_left
  std::function<double()> seconds_now;       ///< of a steady clock, for evaluation_seconds
};

/// Evaluates the rules of a group one after the other at `at`, where each sees what those before it
/// made, over the samples of `source`. What fails is the rule's error, and leaves its alerts and
/// series as they are.
Evaluation evaluate(const Group& group, GroupState state, Instant at,
                    std::shared_ptr<const SampleSource> source, const EvaluationOptions& options);

}  // namespace slod::rules
