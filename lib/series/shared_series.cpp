#include "lib/series/shared_series.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace slod {
namespace {

/// So that two servers of which nothing matches are compared for a bounded time.
constexpr std::size_t comparisons_most = 1'000'000;

/// Without what says where it was read.
Labels own_labels(const Delivery& delivery, Labels labels) {
  labels.set("job", "");
  labels.set("instance", "");
  for (const auto& [name, value] : delivery.target_labels.pairs()) labels.set(name, "");
  return labels;
}

std::optional<double> start_of(const Delivery& delivery, std::string_view instance) {
  const auto found = delivery.starts.find(instance);
  return found == delivery.starts.end() ? std::nullopt : std::optional(found->second);
}

bool are_one_process(const Delivery& a, std::string_view instance_a, const Delivery& b,
                     std::string_view instance_b) {
  if (!a.url.empty() && a.url == b.url) return true;
  const auto start_a = start_of(a, instance_a);
  const auto start_b = start_of(b, instance_b);
  if (start_a && start_b) {
    // Many processes of a rollout begin in the same second.
    const bool is_fine = std::floor(*start_a) != *start_a || instance_a == instance_b;
    return *start_a == *start_b && is_fine;
  }
  const bool are_targets = !a.url.empty() && !b.url.empty();
  return !are_targets && !instance_a.empty() && instance_a == instance_b;
}

bool is_part_of(const Labels& some, const Labels& all) {
  return std::ranges::includes(all.pairs(), some.pairs());
}

}  // namespace

std::optional<Delivery::Series> shared_series(const Delivery& a, const Delivery& b) {
  struct Other {
    std::string instance;
    Labels own;
  };
  std::map<std::string_view, std::vector<Other>> others;  // by metric
  for (const auto& [metric, labels] : b.series) {
    others[metric].push_back({std::string(labels.get("instance")), own_labels(b, labels)});
  }
  std::size_t comparisons = 0;
  for (const Delivery::Series& series : a.series) {
    const auto same_metric = others.find(series.metric);
    if (same_metric == others.end()) continue;
    const Labels own = own_labels(a, series.labels);
    const std::string_view instance = series.labels.get("instance");
    for (const Other& other : same_metric->second) {
      if (++comparisons > comparisons_most) return std::nullopt;
      if (!are_one_process(a, instance, b, other.instance)) continue;
      if (is_part_of(own, other.own) || is_part_of(other.own, own)) return series;
    }
  }
  return std::nullopt;
}

}  // namespace slod
