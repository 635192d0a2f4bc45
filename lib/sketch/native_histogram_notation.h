#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lib/sketch/native_histogram.h"

namespace slod {

/// A histogram as PromQL's test language writes it, and whether its hint was written.
struct NotedHistogram {
  NativeHistogram histogram;
  bool hint_given = false;
};

/// Reads "{{schema:0 sum:5 count:4 buckets:[1 2 1]}}". Keys, all optional, in any order, each at
/// most once: schema, sum, count, z_bucket (count of the zero bucket), z_bucket_w (its threshold),
/// buckets with offset (index of the first one, default 0), n_buckets with n_offset (negative
/// values), custom_values (bounds, with schema -53), counter_reset_hint (unknown, reset, not_reset,
/// gauge). Numbers may be Inf and NaN. Error: what was expected, what was found and at which byte.
/// Source: Prometheus, "Unit testing for rules".
std::expected<NotedHistogram, std::string> from_notation(std::string_view text);

}  // namespace slod
