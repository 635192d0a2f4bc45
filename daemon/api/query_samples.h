#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod {

/// The samples of a query in two steps: on the loop what is in memory is noted, and on the pool
/// the rest is waited for.
class QuerySamples {
 public:
  /// Called once, on a thread of the pool. It may wait for the disk, up to a few seconds; what it
  /// cannot get by then, or after a stop was requested, is left out.
  using Open = std::move_only_function<std::shared_ptr<const SampleSource>(std::stop_token)>;

  virtual ~QuerySamples() = default;

  /// To be called on the loop's thread. `selections` are the matchers of the query's selectors, of
  /// which an empty one selects every series; `range` is all that the query may look at.
  virtual Open open(std::vector<std::vector<promql::Matcher>> selections, Interval range) = 0;
};

}  // namespace slod
