#include "tests/lib/sketch/distributions.h"

#include <algorithm>
#include <cmath>

namespace slod::sketch_test {
namespace {

using Generator = std::mt19937_64;

double uniform(Generator& random, double from, double to) {
  return std::uniform_real_distribution<double>(from, to)(random);
}

double lognormal(Generator& random) {
  return std::lognormal_distribution<double>(-3, 1.5)(random);
}

}  // namespace

std::vector<Distribution> distributions() {
  return {
      {"uniform", [](Generator& random) { return uniform(random, 0, 10); }},
      {"exponential",
       [](Generator& random) { return std::exponential_distribution<double>(3)(random); }},
      {"lognormal", [](Generator& random) { return lognormal(random); }},
      {"pareto", [](Generator& random) { return std::pow(uniform(random, 1e-12, 1), -1 / 1.1); }},
      {"constant", [](Generator&) { return 0.25; }},
      {"bimodal",
       [](Generator& random) {
         const double mode = uniform(random, 0, 1) < 0.95 ? 0.005 : 4;
         return std::fabs(std::normal_distribution<double>(mode, mode / 10)(random));
       }},
      {"tiny", [](Generator& random) { return std::ldexp(uniform(random, 1, 2), -90); }},
      {"huge", [](Generator& random) { return std::ldexp(uniform(random, 1, 2), 1023); }},
      {"every magnitude", [](Generator& random) { return std::exp2(uniform(random, -120, 1023)); }},
      {"negative", [](Generator& random) { return -lognormal(random); }},
      {"both signs and zeros",
       [](Generator& random) {
         const double value = std::normal_distribution<double>(1, 2)(random);
         return std::fabs(value) < 0.2 ? 0 : value;
       }},
  };
}

std::vector<double> draw(const Distribution& distribution, std::uint64_t seed, std::size_t size) {
  Generator random(seed);
  std::vector<double> values(size);
  for (double& value : values) value = distribution.draw(random);
  return values;
}

double exact_quantile(const std::vector<double>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace slod::sketch_test
