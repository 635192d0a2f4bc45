#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "lib/query/functions.h"
#include "lib/sketch/classic_histogram.h"

namespace slod::query {

/// The columns of a frame that are one histogram: the buckets of a classic one, by `le`, and the
/// native ones with the labels that the buckets have without it. Grouped once for all steps.
struct HistogramGroup {
  struct BucketColumn {
    double upper = 0;
    const Column* column = nullptr;
  };

  Labels labels;  ///< without `le` of classic buckets, with the name
  bool drops_name = false;
  std::vector<BucketColumn> buckets;  ///< ascending by `upper`
  std::vector<const Column*> natives;

  /// The classic buckets with a value at `step`.
  std::vector<ClassicBucket> classic_at(std::size_t step) const;
  /// Null where there is no native histogram at `step`.
  HistogramPtr native_at(std::size_t step) const;
};

/// The groups of `frame`, which must outlive them, in the order of their first columns. A column of
/// floats whose `le` is no number is left out and annotated at `argument`.
std::vector<HistogramGroup> histogram_groups(const Frame& frame, Context& context,
                                             std::size_t argument);

/// Calls `of_classic(buckets, step)` or `of_native(histogram, step)` for each step that has the one
/// or the other, and `of_mix()` for those that have both, which are no histogram. `cost`: what a
/// call does for each bucket. Error: the query has to end.
template <typename OfClassic, typename OfNative, typename OfMix>
std::expected<void, Error> visit_histograms(const HistogramGroup& group, const Context& context,
                                            std::size_t cost, OfClassic of_classic,
                                            OfNative of_native, OfMix of_mix) {
  for (std::size_t step = 0; step < context.steps.count; ++step) {
    if (auto may_go_on = context.limits.advance((1 + group.buckets.size()) * cost); !may_go_on) {
      return may_go_on;
    }
    auto buckets = group.classic_at(step);
    const HistogramPtr native = group.native_at(step);
    if (native != nullptr && !buckets.empty()) {
      of_mix();
    } else if (native != nullptr) {
      of_native(*native, step);
    } else if (!buckets.empty()) {
      of_classic(std::move(buckets), step);
    }
  }
  return {};
}

}  // namespace slod::query
