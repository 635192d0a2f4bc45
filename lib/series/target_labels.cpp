#include "lib/series/target_labels.h"

#include <algorithm>

#include "lib/text/number.h"

namespace slod {
namespace {

/// Shorter names first, so that the outcome does not depend on what is named exported_ already.
void add_renamed(Labels& labels, std::vector<Labels::Pair> conflicting) {
  std::ranges::sort(conflicting, {}, [](const Labels::Pair& pair) {
    return std::pair<std::size_t, std::string_view>(pair.first.size(), pair.first);
  });
  for (const auto& [name, value] : conflicting) {
    std::string free_name = "exported_" + name;
    while (!labels.get(free_name).empty()) free_name.insert(0, "exported_");
    labels.set(free_name, value);
  }
}

}  // namespace

Labels series_labels(std::vector<Labels::Pair> exposed, const Labels& target_labels,
                     bool honor_labels) {
  for (auto& [name, value] : exposed) {
    if (name != "le") continue;
    if (const auto bound = parse_number(value)) value = bucket_bound_text(*bound);
  }
  if (honor_labels) {
    // The constructor keeps the first of each name, and drops it afterwards if it is empty.
    const auto& pairs = target_labels.pairs();
    exposed.insert(exposed.end(), pairs.begin(), pairs.end());
    return Labels(std::move(exposed));
  }
  Labels labels(std::move(exposed));
  std::vector<Labels::Pair> conflicting;
  for (const auto& [name, value] : target_labels.pairs()) {
    if (const auto taken = labels.get(name); !taken.empty()) conflicting.emplace_back(name, taken);
    labels.set(name, value);
  }
  add_renamed(labels, std::move(conflicting));
  return labels;
}

void drop_labels(std::vector<Labels::Pair>& labels, std::span<const std::string> names) {
  std::erase_if(labels, [names](const Labels::Pair& label) {
    return std::ranges::find(names, label.first) != names.end();
  });
}

}  // namespace slod
