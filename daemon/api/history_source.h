#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "lib/promql/selector.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod {

/// The metrics of the history that the selections may mean; the empty name stands for all, and then
/// is the only one. None: they mean no series that has a history.
std::vector<std::string> history_metrics(std::span<const std::vector<promql::Matcher>> selections);

/// What the store holds of these metrics in `range`. It reads from the disk when it is asked, and
/// waits for it: each time for five seconds at the most, and only until a stop is requested. What
/// it cannot read it leaves out, with a warning in the log. The store must outlive it.
std::shared_ptr<const SampleSource> open_history(Store& store, std::span<const std::string> metrics,
                                                 Interval range, std::stop_token stop);

}  // namespace slod
