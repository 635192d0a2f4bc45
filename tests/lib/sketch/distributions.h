#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace slod::sketch_test {

/// A named source of random values.
struct Distribution {
  std::string name;
  std::function<double(std::mt19937_64&)> draw;
};

/// Positive, negative, mixed, spread, constant, tiny and huge; all finite.
std::vector<Distribution> distributions();

std::vector<double> draw(const Distribution& distribution, std::uint64_t seed, std::size_t size);

/// The exact quantile of sorted values: the smallest that at least a share q is not above.
double exact_quantile(const std::vector<double>& sorted, double q);

}  // namespace slod::sketch_test
