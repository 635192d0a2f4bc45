#include "lib/series/renamed_series.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "lib/hash/keyed.h"
#include "lib/series/state_bytes.h"

namespace slod {
namespace {

constexpr std::string_view instance_label = "instance";
constexpr std::string_view bound_label = "le";
/// Of what is less likely, it is out of the question that it is chance.
constexpr double coincidence_max = 0.001;

/// A series but for one label: what is equal on both sides of a change of that label.
struct Rest {
  std::string key;
  std::string label;
  std::string value;  ///< of the label
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

/// Another instance is another process, unless it began in the same millisecond.
bool is_one_process(const NamedCounter& gone, const NamedCounter& born, std::string_view label) {
  if (label == instance_label) return gone.start && gone.start == born.start;
  if (!gone.start || !born.start) return true;
  return std::chrono::abs(*gone.start - *born.start) <= start_jitter;
}

/// Where a series is looked for that differs from this one in this label only. Those of a rollout
/// that differ in their instance are many, and only what is_one_process is looked at.
std::string place_of(const NamedCounter& counter, const Rest& rest) {
  std::string place = rest.label + '\xff' + rest.key;
  if (rest.label == instance_label && counter.start) {
    place += std::to_string(counter.start->time_since_epoch().count());
  }
  return place;
}

/// The name of a label, and its values before and after; empty without it.
struct Change {
  std::string label;
  std::string before;
  std::string after;

  auto operator<=>(const Change&) const = default;
};

/// Of a change of several labels, which is of one instance.
Change several_labels(const std::string& instance) {
  return {.label = "", .before = instance, .after = instance};
}

/// The labels of some series: which value all of them have, or none where they differ.
class SharedLabels {
 public:
  SharedLabels(std::span<const NamedCounter> counters, const std::vector<std::size_t>& of) {
    std::map<std::string, std::size_t, std::less<>> count;
    for (const std::size_t i : of) {
      for (const auto& [name, value] : counters[i].labels.pairs()) {
        ++count[name];
        const auto [at, is_new] = values_.try_emplace(name, value);
        if (!is_new && at->second != value) at->second.reset();
      }
    }
    for (auto& [name, value] : values_) {
      if (count[name] != of.size()) value.reset();
    }
  }

  /// Those that differ from `other`, where all series of both agree on it.
  std::vector<std::string> changed_from(const SharedLabels& other) const {
    std::map<std::string, std::optional<std::string>, std::less<>> all = values_;
    all.insert(other.values_.begin(), other.values_.end());
    std::vector<std::string> changed;
    for (const auto& [name, value] : all) {
      const auto before = other.value_of(name);
      const auto after = value_of(name);
      if (before && after && *before != *after) changed.push_back(name);
    }
    return changed;
  }

 private:
  /// Empty where no series has it; nullopt where they differ.
  std::optional<std::string> value_of(const std::string& name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? std::optional<std::string>("") : at->second;
  }

  std::map<std::string, std::optional<std::string>, std::less<>> values_;
};

std::string key_without(const NamedCounter& counter, const std::vector<std::string>& names) {
  Labels labels = counter.labels;
  for (const std::string& name : names) labels.set(name, "");
  return series_key(counter.metric, labels);
}

struct Pair {
  std::size_t gone = 0;
  std::size_t born = 0;
};

struct Pairs {
  std::vector<Pair> pairs;
  double counted = 0;  ///< what the series had counted before
  /// How likely series that have nothing to do with each other would all fit as well, 0 to 1.
  double coincidence = 1;
  bool fit = true;  ///< all of them
  bool any_fell = false;
};

class Changes {
 public:
  Changes(std::span<const NamedCounter> gone, std::span<const NamedCounter> born,
          double most_events)
      : gone_(gone),
        born_(born),
        most_events_(most_events),
        candidates_of_gone_(gone.size()),
        candidates_of_born_(born.size()) {}

  void find() {
    // By what is left without a label: which series are gone.
    std::unordered_map<std::string, std::vector<std::size_t>, KeyedHash> gone_by_rest;
    std::unordered_map<std::string, std::size_t, KeyedHash> gone_by_key;
    for (std::size_t i = 0; i < gone_.size(); ++i) {
      gone_by_key.emplace(series_key(gone_[i].metric, gone_[i].labels), i);
      for (const Rest& rest : rests_of(gone_[i]))
        gone_by_rest[place_of(gone_[i], rest)].push_back(i);
    }
    for (std::size_t i = 0; i < born_.size(); ++i) {
      for (const Rest& rest : rests_of(born_[i])) {
        if (const auto at = gone_by_rest.find(place_of(born_[i], rest)); at != gone_by_rest.end()) {
          add_all(rest, at->second, i);
        }
        if (const auto without = gone_by_key.find(rest.key); without != gone_by_key.end()) {
          add({rest.label, "", rest.value}, {without->second, i});
        }
      }
    }
    find_left_out();
    find_several();
  }

  /// Each series in one pair at most, by the changes that are least likely by chance.
  std::vector<RenamedSeries> best() {
    std::vector<const Pairs*> fitting;
    for (auto& [change, pairs] : by_change_) {
      if (!pairs.fit) continue;
      pairs.coincidence = std::min(1.0, pairs.coincidence * candidates_of(pairs));
      const bool is_bold = change.label.empty() || pairs.any_fell;
      if (is_bold && pairs.coincidence > coincidence_max) continue;
      fitting.push_back(&pairs);
    }
    std::ranges::sort(fitting, {}, [](const Pairs* pairs) {
      return std::tuple(pairs->coincidence, -pairs->counted, pairs->pairs.front().gone,
                        pairs->pairs.front().born);
    });
    std::vector<RenamedSeries> found;
    std::vector<bool> gone(gone_.size());
    std::vector<bool> born(born_.size());
    for (const Pairs* pairs : fitting) {
      const bool is_settled = std::ranges::any_of(
          pairs->pairs, [&](const Pair& pair) { return gone[pair.gone] || born[pair.born]; });
      if (is_settled) continue;  // another change explains some of it
      for (const auto& [gone_index, born_index] : pairs->pairs) {
        gone[gone_index] = born[born_index] = true;
        found.push_back({gone_index, born_index, pairs->coincidence <= coincidence_max});
      }
    }
    return found;
  }

 private:
  void add_all(const Rest& rest, const std::vector<std::size_t>& gone, std::size_t born) {
    // Among more candidates no count says which it is, and pairing all with all takes too long.
    constexpr std::size_t candidates_most = 100;
    if (gone.size() > candidates_most) return;
    for (const std::size_t index : gone) {
      add({rest.label, std::string(gone_[index].labels.get(rest.label)), rest.value},
          {index, born});
    }
  }

  /// Series that are born without a label that those gone have.
  void find_left_out() {
    std::unordered_map<std::string, std::size_t, KeyedHash> born_by_key;
    for (std::size_t i = 0; i < born_.size(); ++i) {
      born_by_key.emplace(series_key(born_[i].metric, born_[i].labels), i);
    }
    for (std::size_t i = 0; i < gone_.size(); ++i) {
      for (const Rest& rest : rests_of(gone_[i])) {
        const auto without = born_by_key.find(rest.key);
        if (without == born_by_key.end()) continue;
        add({rest.label, rest.value, ""}, {i, without->second});
      }
    }
  }

  /// Changes of several labels at once that all series of an instance share.
  void find_several() {
    struct Group {
      std::vector<std::size_t> gone;
      std::vector<std::size_t> born;
    };
    std::map<std::string, Group, std::less<>> groups;
    for (std::size_t i = 0; i < gone_.size(); ++i) {
      groups[std::string(gone_[i].labels.get(instance_label))].gone.push_back(i);
    }
    for (std::size_t i = 0; i < born_.size(); ++i) {
      groups[std::string(born_[i].labels.get(instance_label))].born.push_back(i);
    }
    for (const auto& [instance, group] : groups) {
      if (group.gone.size() < 2 || group.born.size() < 2) continue;  // they share all labels
      const auto changed =
          SharedLabels(born_, group.born).changed_from(SharedLabels(gone_, group.gone));
      if (changed.size() < 2 || std::ranges::count(changed, bound_label) > 0) continue;
      std::unordered_map<std::string, std::size_t, KeyedHash> gone_by_rest;
      for (const std::size_t i : group.gone)
        gone_by_rest.emplace(key_without(gone_[i], changed), i);
      for (const std::size_t i : group.born) {
        const auto at = gone_by_rest.find(key_without(born_[i], changed));
        if (at != gone_by_rest.end()) add(several_labels(instance), {at->second, i});
      }
    }
  }

  void add(Change change, Pair pair) {
    constexpr double growth = 0.1;
    /// That another process began in the same millisecond.
    constexpr double same_start = 0.01;
    const NamedCounter& gone = gone_[pair.gone];
    const NamedCounter& born = born_[pair.born];
    if (!is_one_process(gone, born, change.label)) return;
    if (change.label == bound_label) return;  // the buckets of a histogram stand close by nature
    ++candidates_of_gone_[pair.gone];
    ++candidates_of_born_[pair.born];
    const double counted = born.value - gone.value;
    const double apart = std::abs(counted);
    const auto [at, is_first] = by_change_.try_emplace(std::move(change));
    Pairs& pairs = at->second;
    if (is_first && at->first.label == instance_label) pairs.coincidence = same_start;
    pairs.pairs.push_back(pair);
    pairs.counted += gone.value;
    const double near = growth * gone.value;
    pairs.any_fell = pairs.any_fell || counted < 0;
    pairs.fit = pairs.fit && apart <= (counted < 0 ? near : std::max(most_events_, near));
    // Among counters of any size, this is the share that stands as close.
    pairs.coincidence *= std::min(1.0, std::max(1.0, apart) / std::max(1.0, born.value));
  }

  /// Among how many series the count had to choose, in one place at most.
  double candidates_of(const Pairs& pairs) const {
    std::size_t most = 1;
    for (const auto& [gone, born] : pairs.pairs) {
      most = std::max({most, candidates_of_gone_[gone], candidates_of_born_[born]});
    }
    return static_cast<double>(most);
  }

  std::span<const NamedCounter> gone_;
  std::span<const NamedCounter> born_;
  double most_events_;
  std::vector<std::size_t> candidates_of_gone_;  ///< pairs of each, fit or not
  std::vector<std::size_t> candidates_of_born_;
  std::map<Change, Pairs> by_change_;
};

}  // namespace

std::vector<RenamedSeries> find_renamed(std::span<const NamedCounter> gone,
                                        std::span<const NamedCounter> born, double most_events) {
  if (gone.empty() || born.empty()) return {};
  if (gone.size() > renamed_series_most || born.size() > renamed_series_most) return {};
  Changes changes(gone, born, most_events);
  changes.find();
  return changes.best();
}

}  // namespace slod
