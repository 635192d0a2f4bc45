#include "tests/promqltest/reset_hints.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace slod::promqltest {
namespace {

using Buckets = std::vector<NativeHistogram::Bucket>;
using ResetHint = NativeHistogram::ResetHint;

/// Whether no bucket counts less than before.
bool covers(const Buckets& now, const Buckets& before) {
  return std::ranges::all_of(before, [&](const NativeHistogram::Bucket& bucket) {
    const auto same =
        std::ranges::lower_bound(now, bucket.index, {}, &NativeHistogram::Bucket::index);
    const bool found = same != now.end() && same->index == bucket.index;
    return !((found ? same->count : 0) < bucket.count);
  });
}

}  // namespace

bool ResetHints::goes_on(const NativeHistogram& sample) const {
  return in_chunk_ && sample.hint != ResetHint::reset && !(sample.count < last_.count) &&
         sample.schema == last_.schema && sample.zero_threshold == last_.zero_threshold &&
         sample.custom_bounds == last_.custom_bounds && !(sample.zero_count < last_.zero_count) &&
         covers(sample.positive, last_.positive) && covers(sample.negative, last_.negative);
}

HistogramPtr ResetHints::next(const HistogramPtr& sample) {
  if (sample->hint == ResetHint::gauge) {
    in_chunk_ = false;
    return sample;
  }
  NativeHistogram known = *sample;
  known.hint = goes_on(*sample) ? ResetHint::not_reset : ResetHint::unknown;
  last_ = *sample;
  in_chunk_ = true;
  return std::make_shared<const NativeHistogram>(std::move(known));
}

}  // namespace slod::promqltest
