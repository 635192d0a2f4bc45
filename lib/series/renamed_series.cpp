#include "lib/series/renamed_series.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "lib/hash/keyed.h"
#include "lib/series/state_bytes.h"

namespace slod {
namespace {

constexpr std::size_t looked_for_max = 10'000;

/// A series but for one label: what is equal on both sides of a change of that label.
struct Rest {
  std::string key;
  std::string label;
  std::string value;  ///< of the label; empty without it
};

std::vector<Rest> rests_of(const NamedCounter& counter) {
  std::vector<Rest> rests;
  for (const auto& [name, value] : counter.labels.pairs()) {
    Labels others = counter.labels;
    others.set(name, "");
    rests.push_back({series_key(counter.metric, others), name, value});
  }
  return rests;
}

/// The name of a label, and its values before and after.
using Change = std::tuple<std::string, std::string, std::string>;

struct Pairs {
  std::vector<RenamedSeries> pairs;
  double counted = 0;  ///< what the series had counted before
  bool fit = true;     ///< all of them
};

class Changes {
 public:
  Changes(std::span<const NamedCounter> gone, std::span<const NamedCounter> born,
          double most_events)
      : gone_(gone), born_(born), most_events_(most_events) {}

  void find() {
    // By what is left without a label: which series are gone, and the value that they had.
    std::unordered_multimap<std::string, std::pair<std::size_t, Rest>, KeyedHash> gone_by_rest;
    std::unordered_map<std::string, std::size_t, KeyedHash> gone_by_key;
    for (std::size_t i = 0; i < gone_.size(); ++i) {
      gone_by_key.emplace(series_key(gone_[i].metric, gone_[i].labels), i);
      for (Rest& rest : rests_of(gone_[i])) {
        std::string key = rest.label + '\xff' + rest.key;
        gone_by_rest.emplace(std::move(key), std::pair(i, std::move(rest)));
      }
    }
    std::unordered_map<std::string, std::size_t, KeyedHash> born_by_key;
    for (std::size_t i = 0; i < born_.size(); ++i) {
      born_by_key.emplace(series_key(born_[i].metric, born_[i].labels), i);
      for (const Rest& rest : rests_of(born_[i])) {
        const auto [first, last] = gone_by_rest.equal_range(rest.label + '\xff' + rest.key);
        for (auto at = first; at != last; ++at) {
          add({rest.label, at->second.second.value, rest.value}, {at->second.first, i});
        }
        if (const auto without = gone_by_key.find(rest.key); without != gone_by_key.end()) {
          add({rest.label, "", rest.value}, {without->second, i});
        }
      }
    }
    for (const auto& [key, of] : gone_by_rest) {
      const auto& [index, rest] = of;
      if (const auto without = born_by_key.find(rest.key); without != born_by_key.end()) {
        add({rest.label, rest.value, ""}, {index, without->second});
      }
    }
  }

  /// Each series in one pair at most, by the change that explains most.
  std::vector<RenamedSeries> best() const {
    std::vector<const Pairs*> fitting;
    for (const auto& [change, pairs] : by_change_) {
      if (pairs.fit) fitting.push_back(&pairs);
    }
    std::ranges::sort(fitting, std::ranges::greater(),
                      [](const Pairs* pairs) { return pairs->counted; });
    std::vector<RenamedSeries> found;
    std::set<std::size_t> gone;
    std::set<std::size_t> born;
    for (const Pairs* pairs : fitting) {
      for (const RenamedSeries& pair : pairs->pairs) {
        if (gone.contains(pair.gone) || born.contains(pair.born)) continue;
        gone.insert(pair.gone);
        born.insert(pair.born);
        found.push_back(pair);
      }
    }
    return found;
  }

 private:
  void add(Change change, RenamedSeries pair) {
    constexpr double growth = 0.1;
    const double before = gone_[pair.gone].value;
    const double counted = born_[pair.born].value - before;
    Pairs& pairs = by_change_[std::move(change)];
    pairs.pairs.push_back(pair);
    pairs.counted += before;
    pairs.fit = pairs.fit && counted >= 0 && counted <= std::max(most_events_, growth * before);
  }

  std::span<const NamedCounter> gone_;
  std::span<const NamedCounter> born_;
  double most_events_;
  std::map<Change, Pairs> by_change_;
};

}  // namespace

std::vector<RenamedSeries> find_renamed(std::span<const NamedCounter> gone,
                                        std::span<const NamedCounter> born, double most_events) {
  if (gone.empty() || born.empty()) return {};
  if (gone.size() > looked_for_max || born.size() > looked_for_max) return {};
  Changes changes(gone, born, most_events);
  changes.find();
  return changes.best();
}

}  // namespace slod
