#pragma once

#include <optional>

#include "lib/query/functions.h"

/// Ranges whose edges are anchored or smoothed. Source: Prometheus 3, promql/functions.go,
/// extendedRate and extendedHistogramRate.
namespace slod::query {

/// Where on the line between two samples a third one would lie. A counter that fell was
/// reset to 0 right after the first one.
double between(const Window& window, std::size_t first, Instant at, bool is_counter);

struct HistogramBetween {
  NativeHistogram histogram;
  bool bounds_reconciled = false;
};
/// As `between`, for histograms. Nullopt: one has exponential and the other custom buckets.
std::optional<HistogramBetween> between(const NativeHistogram& one, const NativeHistogram& other,
                                        double share, bool is_counter);

/// rate, increase and delta, without extrapolation.
Point rate_between_edges(const Window& window, bool is_counter, bool is_rate, Context& context);

/// An anchored window from its anchor on; empty where no sample lies inside. Any other window as it
/// is.
Window from_anchor(Window window);

/// The first sample of a window, and the last, that the edges need. Nullopt: none lies inside.
struct EdgeSamples {
  std::size_t first = 0;
  std::size_t last = 0;
};
std::optional<EdgeSamples> edge_samples(const Window& window);

}  // namespace slod::query
