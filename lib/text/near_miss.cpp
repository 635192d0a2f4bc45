#include "lib/text/near_miss.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace slod {
namespace {

/// How many letters must be added, dropped, replaced or swapped with a neighbour to turn one word
/// into the other (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        steps[i][j] = i + j;
        continue;
      }
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1,
                              steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
      }
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string_view near_miss(std::string_view found, std::span<const std::string> known) {
  constexpr std::size_t word_bytes_max = 40;
  if (found.size() > word_bytes_max) return {};
  std::string_view best;
  std::size_t best_distance =
      std::max<std::size_t>(1, std::min<std::size_t>(2, found.size() / 3)) + 1;
  for (const std::string& word : known) {
    const std::size_t steps = distance(found, word);
    if (steps < best_distance) {
      best = word;
      best_distance = steps;
    }
  }
  return best;
}

}  // namespace slod
