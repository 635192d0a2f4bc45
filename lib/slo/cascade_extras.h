#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lib/slo/cascade.h"

/// The part of a Cascade that keeps boundaries off the grid.
namespace slod {

/// How far a boundary's value is from the line between its neighbours, as a share of what the whole
/// retention holds, or would hold had it been as this since ever. Never NaN.
template <Cumulative Value>
double Cascade<Value>::deviation(const Slice& around, Instant at, const Value& value) const {
  static const Value zero{};
  const Duration age = newest_ - *origin_;
  const bool is_young = age < retention_;
  const Value& oldest = is_young ? zero : levels_[oldest_level()][0];
  const double share_seen = is_young ? seconds(age) / seconds(retention_) : 1;
  const double found = value.deviation(around.line(at), oldest, head_value()) * share_seen;
  return found > 0 ? found : 0;
}

/// What a boundary must deviate to be kept: next to nothing while there is room, and a thousandth
/// when there is none. So a busy history, where all deviate by a little, costs no search for those
/// that deviate least.
template <Cumulative Value>
double Cascade<Value>::deviation_needed() const {
  constexpr double least = 1e-6;
  constexpr double most = 1e-3;
  const double used = static_cast<double>(extras_.size()) / Value::extra_boundaries_max;
  const double squared = used * used;
  return least + most * squared * squared * squared * squared;
}

/// Of each extra boundary, between the neighbours that it has now.
template <Cumulative Value>
std::vector<double> Cascade<Value>::deviations() const {
  std::vector<double> found;
  if constexpr (keeps_extras) {
    found.reserve(extras_.size());
    for (std::size_t i = 0; i < extras_.size(); ++i) {
      const auto& [at, value] = extras_[i];
      found.push_back(deviation(narrowed(grid_slice_around(at), i, i + 1), at, value));
    }
  }
  return found;
}

/// A boundary that has just been taken off `level`, while the grid is as it was before the head
/// moves on.
template <Cumulative Value>
void Cascade<Value>::leave_grid(std::size_t level, std::int64_t step, const Value& value) {
  const Instant at = instant(step);
  if constexpr (keeps_extras) {
    const Ring<Value>& older = levels_[level + 1];
    const Slice grid{older.empty() ? *origin_ : instant(step - spacing(level)),
                     instant(step + spacing(level)),
                     older.empty() ? nullptr : &older[older.size() - 1], &levels_[level][0]};
    const std::size_t position = extras_.before(at);
    if (deviation(narrowed(grid, position, position), at, value) > deviation_needed()) {
      return extras_.insert(position, {at, value});
    }
  }
  drop(at);
}

/// Before time goes on: the newest time becomes a boundary, since it is the end of a read. Whether
/// it matters shows once the next read is counted.
template <Cumulative Value>
void Cascade<Value>::keep_newest() {
  if constexpr (keeps_extras) {
    if (newest_ == *origin_ || ends_on_grid()) return;
    if (!extras_.empty() && extras_.newest().at > instant(head_ - 2)) {
      const std::size_t last = extras_.size() - 1;
      const auto& [at, value] = extras_.newest();
      const Slice around = narrowed(grid_slice_around(at), last, last + 1);
      if (!(deviation(around, at, value) > deviation_needed())) {
        drop(at);
        extras_.pop_newest();
      }
    }
    extras_.insert(extras_.size(), {newest_, head_value()});
    make_room();
  }
}

/// As expire(), for what is older than the grid.
template <Cumulative Value>
void Cascade<Value>::expire_extras() {
  if (extras_.empty()) return;
  const std::int64_t oldest = oldest_step(oldest_level());
  if (extras_[0].at > instant(oldest) || oldest > head_ - kept_steps()) return;
  extras_.remove_if([&](std::size_t i) {
    const bool expired = extras_[i].at < instant(oldest);
    if (expired) drop(extras_[i].at);
    return expired;
  });
}

/// Drops the extra boundaries that deviate by at most this, but no two neighbours at once: the one
/// may matter without the other. Returns whether there was one.
template <Cumulative Value>
bool Cascade<Value>::drop_least(const std::vector<double>& deviations, double most) {
  bool dropped_last = false;
  bool dropped_any = false;
  extras_.remove_if([&](std::size_t i) {
    dropped_last = !dropped_last && deviations[i] <= most;
    dropped_any = dropped_any || dropped_last;
    if (dropped_last) drop(extras_[i].at);
    return dropped_last;
  });
  return dropped_any;
}

template <Cumulative Value>
void Cascade<Value>::drop_all_that_deviate_little() {
  while (drop_least(deviations(), deviation_needed())) {
  }
}

/// Leaves room for a boundary of each level. A part is dropped at a time, so that each costs little
/// on average.
template <Cumulative Value>
void Cascade<Value>::make_room() {
  if constexpr (keeps_extras) {
    while (extras_.size() + levels_.size() > Value::extra_boundaries_max) {
      const std::vector<double> all = deviations();
      std::vector<double> sorted = all;
      const auto quarter = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 4);
      std::ranges::nth_element(sorted, quarter);
      drop_least(all, *quarter);
    }
  }
}

}  // namespace slod
