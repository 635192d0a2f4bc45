#include "lib/slo/doubt_list.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <ranges>
#include <utility>

#include "lib/slo/exact_numbers.h"

namespace slod {
namespace {

namespace json = boost::json;

constexpr std::array reasons{DoubtReason::birth,  DoubtReason::restart, DoubtReason::rename,
                             DoubtReason::dip,    DoubtReason::skew,    DoubtReason::edge,
                             DoubtReason::bucket, DoubtReason::unread};

bool are_alike(const Doubt& a, const Doubt& b) {
  return a.reason == b.reason && a.is_counted == b.is_counted &&
         a.changes_sides == b.changes_sides && a.source == b.source;
}

Interval hull(const Interval& a, const Interval& b) {
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

void unite(Doubt& into, const Doubt& other) {
  into.total += other.total;
  into.bad += other.bad;
  into.when = hull(into.when, other.when);
}

}  // namespace

std::optional<DoubtReason> doubt_reason(std::string_view name) {
  const auto known =
      std::ranges::find(reasons, name, [](DoubtReason each) { return to_string(each); });
  return known == reasons.end() ? std::nullopt : std::optional(*known);
}

namespace {

std::optional<Doubt> read_doubt(const json::value& value) {
  const json::object* object = value.if_object();
  if (!object) return std::nullopt;
  const json::value* reason = object->if_contains("reason");
  const json::value* source = object->if_contains("source");
  const json::value* is_counted = object->if_contains("counted");
  // A state that was stored before there were such doubts has none of them.
  const json::value* changes_sides = object->if_contains("changes_sides");
  const json::value* from = object->if_contains("from_ms");
  const json::value* to = object->if_contains("to_ms");
  const auto events = read_exact_numbers(object->if_contains("events"));
  if (!reason || !reason->is_string() || !source || !source->is_string()) return std::nullopt;
  if (!is_counted || !is_counted->is_bool() || !events || events->size() != 2) return std::nullopt;
  if (changes_sides && !changes_sides->is_bool()) return std::nullopt;
  if (!from || !from->is_int64() || !to || !to->is_int64()) return std::nullopt;
  const auto known = doubt_reason(reason->get_string());
  if (!known) return std::nullopt;
  return Doubt{.reason = *known,
               .source = std::string(source->get_string()),
               .is_counted = is_counted->get_bool(),
               .changes_sides = changes_sides && changes_sides->get_bool(),
               .total = events->at(0),
               .bad = events->at(1),
               .when = {Instant(Duration(from->get_int64())), Instant(Duration(to->get_int64()))}};
}

}  // namespace

void DoubtfulCounts::add(const Doubt& doubt) {
  if (doubt.changes_sides) {
    (doubt.is_counted ? bad_maybe_good : good_maybe_bad) += doubt.bad;
    return;
  }
  (doubt.is_counted ? counted_bad : left_out_bad) += doubt.bad;
  (doubt.is_counted ? counted_good : left_out_good) += doubt.total - doubt.bad;
}

void DoubtList::add(Doubt doubt, Duration longest_window) {
  // The newest ones are of the reads before, of several reasons and sources.
  for (Doubt& last : std::views::reverse(doubts_)) {
    if (!are_alike(last, doubt)) continue;
    const bool touches = last.when.begin <= doubt.when.begin && doubt.when.begin <= last.when.end;
    const Interval both = hull(last.when, doubt.when);
    const bool is_short = both == last.when || both.length() * parts_of_window <= longest_window;
    if (!touches || !is_short) break;
    unite(last, doubt);
    return;
  }
  const auto at = std::ranges::upper_bound(doubts_, doubt.when.begin, {},
                                           [](const Doubt& each) { return each.when.begin; });
  doubts_.insert(at, std::move(doubt));
  if (doubts_.size() > most) unite_nearest();
}

/// Where none are alike, two of the oldest are united all the same, of no one source: of five, two
/// are counted, or left out, or change sides in the same way.
void DoubtList::unite_nearest() {
  std::size_t first = 0;
  std::size_t second = 1;
  std::optional<Duration> least;
  for (std::size_t i = 0; i < doubts_.size(); ++i) {
    for (std::size_t j = i + 1; j < doubts_.size(); ++j) {
      if (!are_alike(doubts_[i], doubts_[j])) continue;
      const Duration length =
          std::max(doubts_[i].when.end, doubts_[j].when.end) - doubts_[i].when.begin;
      if (least && length >= *least) break;
      least = length;
      first = i;
      second = j;
      break;
    }
  }
  if (!least) {
    const auto go_together = [&](std::size_t i, std::size_t j) {
      return doubts_[i].is_counted == doubts_[j].is_counted &&
             doubts_[i].changes_sides == doubts_[j].changes_sides;
    };
    for (second = 1; !go_together(first, second);) {
      if (++first == second) {
        first = 0;
        ++second;
      }
    }
    doubts_[first].source.clear();
  }
  unite(doubts_[first], doubts_[second]);
  doubts_.erase(doubts_.begin() + static_cast<std::ptrdiff_t>(second));
}

void DoubtList::forget_before(Instant at) {
  std::erase_if(doubts_, [at](const Doubt& doubt) { return doubt.when.end <= at; });
}

std::vector<Doubt> DoubtList::over(Interval window) const {
  std::vector<Doubt> found;
  for (const Doubt& doubt : doubts_) {
    const bool has_begun = doubt.when.begin < window.end || doubt.when.end <= window.end;
    if (has_begun && doubt.when.end > window.begin) found.push_back(doubt);
  }
  std::ranges::sort(found, [](const Doubt& a, const Doubt& b) {
    return std::pair(a.bad, a.total) > std::pair(b.bad, b.total);
  });
  return found;
}

json::value DoubtList::state() const {
  json::array all;
  for (const Doubt& doubt : doubts_) {
    const std::array events{doubt.total, doubt.bad};
    json::object object{{"reason", to_string(doubt.reason)},
                        {"source", doubt.source},
                        {"counted", doubt.is_counted},
                        {"events", exact_numbers(events)},
                        {"from_ms", doubt.when.begin.time_since_epoch().count()},
                        {"to_ms", doubt.when.end.time_since_epoch().count()}};
    if (doubt.changes_sides) object["changes_sides"] = true;
    all.push_back(std::move(object));
  }
  return all;
}

std::expected<void, std::string> DoubtList::restore(const json::value& state) {
  const json::array* all = state.if_array();
  if (!all) return std::unexpected("the doubts are no list");
  std::vector<Doubt> doubts;
  for (const json::value& value : *all) {
    auto doubt = read_doubt(value);
    if (!doubt) return std::unexpected("a doubt lacks a reason, a source, events or a time");
    doubts.push_back(std::move(*doubt));
  }
  doubts_ = std::move(doubts);
  return {};
}

}  // namespace slod
