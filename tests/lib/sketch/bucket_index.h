#pragma once

namespace slod::sketch_test {

/// The index of the bucket that holds `magnitude`, which is finite and above 0. Exact, as no
/// logarithm is taken: a value at a bound and its two neighbours are never misplaced.
int bucket_index(double magnitude, int schema);

}  // namespace slod::sketch_test
