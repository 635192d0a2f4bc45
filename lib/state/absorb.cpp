#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/hash/keyed.h"
#include "lib/state/changes.h"

namespace slod {
namespace {

/// Where the last item with each key is.
template <typename Item, typename Key>
std::unordered_map<std::string, std::size_t, KeyedHash> places(const std::vector<Item>& items,
                                                               Key key) {
  std::unordered_map<std::string, std::size_t, KeyedHash> places;
  for (std::size_t i = 0; i < items.size(); ++i) places.insert_or_assign(items[i].*key, i);
  return places;
}

/// Adds each of `later`, or merges it into the one that has the same key.
template <typename Item, typename Key, typename Merge>
void absorb_by(Key key, std::vector<Item>& items, std::vector<Item> later, Merge merge) {
  if (later.empty()) return;
  auto known = places(items, key);
  for (Item& item : later) {
    const auto [place, is_new] = known.emplace(item.*key, items.size());
    if (is_new) {
      items.push_back(std::move(item));
    } else {
      merge(items[place->second], std::move(item));
    }
  }
}

constexpr auto replace = [](auto& item, auto&& later) {
  item = std::forward<decltype(later)>(later);
};

/// Rows that replace rows of the same time; what was removed later is not written first.
template <typename Row>
void absorb_rows(std::vector<Row>& rows, std::vector<Instant>& removed, std::vector<Row> later,
                 std::vector<Instant> later_removed) {
  const auto sort = [](std::vector<Instant>& times) { std::ranges::sort(times); };
  std::vector<Instant> superseded = later_removed;
  for (const Row& row : later) superseded.push_back(row.at);
  sort(superseded);
  std::erase_if(rows,
                [&](const Row& row) { return std::ranges::binary_search(superseded, row.at); });
  std::ranges::move(later, std::back_inserter(rows));
  removed.insert(removed.end(), later_removed.begin(), later_removed.end());
  sort(removed);
  removed.erase(std::ranges::unique(removed).begin(), removed.end());
}

void absorb(SloChange& slo, SloChange later) {
  if (later.replaced) {
    slo = std::move(later);
    return;
  }
  slo.fingerprint = std::move(later.fingerprint);
  slo.resolution = later.resolution;
  slo.state = std::move(later.state);
  absorb_rows(slo.ledger, slo.ledger_removed, std::move(later.ledger),
              std::move(later.ledger_removed));
  absorb_rows(slo.buckets, slo.buckets_removed, std::move(later.buckets),
              std::move(later.buckets_removed));
}

void absorb(SourceChange& source, SourceChange later) {
  if (later.series) source.series = std::move(later.series);
  source.values = std::move(later.values);
}

/// A transaction forgets first and writes then, so what is forgotten must not be written.
template <typename Item, typename Key>
void forget(Key key, std::vector<Item>& items, std::vector<std::string>& forgotten,
            std::vector<std::string> later) {
  if (later.empty()) return;
  std::ranges::sort(later);
  std::erase_if(items,
                [&](const Item& item) { return std::ranges::binary_search(later, item.*key); });
  std::ranges::move(later, std::back_inserter(forgotten));
  std::ranges::sort(forgotten);
  forgotten.erase(std::ranges::unique(forgotten).begin(), forgotten.end());
}

template <typename Value>
void absorb(std::vector<Keyed<Value>>& pieces, std::vector<Keyed<Value>> later) {
  absorb_by(&Keyed<Value>::key, pieces, std::move(later), replace);
}

}  // namespace

void absorb(Changes& changes, Changes later) {
  const auto merge = [](auto& item, auto&& more) {
    absorb(item, std::forward<decltype(more)>(more));
  };
  forget(&SloChange::slo, changes.slos, changes.slos_forgotten, std::move(later.slos_forgotten));
  absorb_by(&SloChange::slo, changes.slos, std::move(later.slos), merge);
  forget(&SourceChange::source, changes.sources, changes.sources_forgotten,
         std::move(later.sources_forgotten));
  absorb_by(&SourceChange::source, changes.sources, std::move(later.sources), merge);
  absorb_by(&EpisodeChange::key, changes.episodes, std::move(later.episodes), replace);
  std::ranges::move(later.outbox, std::back_inserter(changes.outbox));
  std::ranges::move(later.verdicts, std::back_inserter(changes.verdicts));
  absorb(changes.remembered.standings, std::move(later.remembered.standings));
  absorb(changes.remembered.levels, std::move(later.remembered.levels));
  absorb(changes.remembered.open_gaps, std::move(later.remembered.open_gaps));
  absorb(changes.remembered.removals, std::move(later.remembered.removals));
  absorb(changes.remembered.rule_marks, std::move(later.remembered.rule_marks));
  absorb(changes.remembered.incidents, std::move(later.remembered.incidents));
  absorb(changes.remembered.forwarded, std::move(later.remembered.forwarded));
}

}  // namespace slod
