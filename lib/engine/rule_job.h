#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "lib/engine/rule_groups.h"
#include "lib/rules/evaluation.h"
#include "lib/series/recent_samples.h"
#include "lib/series/sample_source.h"

namespace slod {

/// What an evaluation of a group came to.
struct EvaluatedGroup {
  std::shared_ptr<const rules::Group> group;
  std::optional<rules::Evaluation> evaluation;  ///< nullopt: it failed, or was asked to stop
  std::string error = {};                       ///< what it threw; empty: nothing
};

/// One evaluation of a rule group, with all the samples that it needs. It may run on any thread.
class RuleJob {
 public:
  /// Notes the samples that the rules of the group look at. `seconds_now` is of a steady clock, and
  /// may be called from any thread, as may `memory_left` (query::Options).
  RuleJob(RuleGroups::Due due, const RecentSamples& samples, std::string external_url,
          std::function<double()> seconds_now, std::function<std::size_t()> memory_left,
          std::stop_token stop);

  /// To be called once.
  EvaluatedGroup run();
  /// To be called instead of looking at what run() came to, where that threw `error`.
  EvaluatedGroup failed(std::string error) const {
    return {.group = due_.group, .evaluation = std::nullopt, .error = std::move(error)};
  }

 private:
  RuleGroups::Due due_;
  std::shared_ptr<const SampleSource> source_;
  rules::EvaluationOptions options_;
};

}  // namespace slod
