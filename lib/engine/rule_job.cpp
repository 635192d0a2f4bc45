#include "lib/engine/rule_job.h"

#include <utility>
#include <vector>

#include "lib/engine/expression_view.h"

namespace slod {

RuleJob::RuleJob(RuleGroups::Due due, const RecentSamples& samples, std::string external_url,
                 std::function<double()> seconds_now, std::function<std::size_t()> memory_left,
                 std::stop_token stop)
    : due_(std::move(due)),
      options_{.external_url = std::move(external_url),
               .is_cancelled = [stop = std::move(stop)] { return stop.stop_requested(); },
               .memory_left = std::move(memory_left),
               .seconds_now = std::move(seconds_now)} {
  std::vector<const promql::Expr*> read;
  for (const rules::Rule& rule : due_.group->rules) read.push_back(rule.parsed.get());
  const Instant at = due_.at - due_.group->query_offset;
  source_ = view_for(read, at, at, samples);
}

EvaluatedGroup RuleJob::run() {
  rules::Evaluation done =
      rules::evaluate(*due_.group, std::move(due_.state), due_.at, std::move(source_), options_);
  if (options_.is_cancelled()) return {std::move(due_.group), std::nullopt};
  return {std::move(due_.group), std::move(done)};
}

}  // namespace slod
