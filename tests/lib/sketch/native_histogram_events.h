#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "lib/sketch/native_histogram.h"

namespace slod::sketch_test {

/// Reads the test language; a test that cannot be read fails.
NativeHistogram noted(std::string_view text);

/// Values of both signs, some of them 0, over a few powers of two.
std::vector<double> events(std::mt19937_64& random, std::size_t size);

/// The exponential histogram that observed exactly these values, made bucket by bucket.
NativeHistogram observed(const std::vector<double>& values, int schema, double zero_threshold);

/// The histogram with custom bounds that observed exactly these values.
NativeHistogram observed(const std::vector<double>& values, const std::vector<double>& bounds);

/// The same layout, and counts and sum up to rounding; buckets of count 0 and hints do not matter.
void expect_near(const NativeHistogram& one, const NativeHistogram& other);

}  // namespace slod::sketch_test
