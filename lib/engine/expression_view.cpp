#include "lib/engine/expression_view.h"

#include <algorithm>
#include <vector>

#include "lib/promql/walk.h"
#include "lib/query/evaluate.h"

namespace slod {

std::shared_ptr<const SampleSource> view_for(std::span<const promql::Expr* const> expressions,
                                             Instant first, Instant last,
                                             const RecentSamples& samples) {
  std::vector<std::vector<promql::Matcher>> selections;
  Interval range{last, last};
  for (const promql::Expr* expression : expressions) {
    for (const promql::VectorSelector* selector : promql::selectors(*expression)) {
      selections.push_back(selector->matchers);
    }
    // Each time by itself: to `@ start()` it is the start of the query.
    for (const Instant at : {first, last}) {
      const Interval looked = promql::looked_at(*expression, at, at, query::Options{}.lookback);
      range.begin = std::min(range.begin, looked.begin);
      range.end = std::max(range.end, looked.end);
    }
  }
  return samples.view(selections, range);
}

}  // namespace slod
