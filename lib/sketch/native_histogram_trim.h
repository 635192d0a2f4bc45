#pragma once

#include "lib/sketch/native_histogram.h"

namespace slod {

// PromQL's experimental operators `</` and `>/`. A bucket that the bound cuts keeps the share that
// is interpolated as in quantile. If any count changes, `count` is what the buckets count then, and
// `sum` is estimated: each bucket's count times the middle of what is left of it, the geometric
// one, the arithmetic one in the zero bucket and in custom buckets. Of a bucket that reaches to an
// infinity nothing is known, so it stays or goes as a whole, except that a first custom bucket with
// a bound above 0 begins at 0. Source: Prometheus 3, FloatHistogram.TrimBuckets.

/// Drops what is above `bound`: `histogram </ bound`.
void trim_upper(NativeHistogram& histogram, double bound);

/// Drops what is below `bound`: `histogram >/ bound`.
void trim_lower(NativeHistogram& histogram, double bound);

}  // namespace slod
