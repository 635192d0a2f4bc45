#pragma once

#include <algorithm>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "lib/slo/extra_boundaries.h"
#include "lib/slo/ring.h"
#include "lib/time/instant.h"

namespace slod {

/// What a Cascade keeps: a cumulative quantity that can be added to and interpolated. A
/// default-constructed one is zero.
template <class Value>
concept Cumulative = std::semiregular<Value> && requires(Value value, const Value& other) {
  value.add(other, 0.5);                                         // value += 0.5 * other
  { Value::between(other, other, 0.5) } -> std::same_as<Value>;  // linear interpolation
  { Value::extra_boundaries_max } -> std::convertible_to<std::size_t>;
};

/// A value whose boundaries are worth more than others: how far it is from `line`, as a share of
/// what came from `oldest` to `newest`. 0 on the line.
template <class Value>
concept Weighed = requires(const Value& value, const Value& other) {
  { value.deviation(/*line=*/other, /*oldest=*/other, /*newest=*/other) } -> std::same_as<double>;
};

/// Cumulative snapshots at the boundaries of slices, thinned as they age: the difference of two of
/// them is what happened between.
///
/// Level 0 keeps boundaries at multiples of the resolution r (since the Unix epoch), level k at
/// multiples of r * 2^k. A boundary leaves its level once its age is 2^(k+1) * r * precision; it
/// moves to the next level if it is on that level's grid, and leaves the grid otherwise. So the
/// slice that lies a window's length back is at most 1 / (precision - 1) of that length wide, and
/// there are 2 * precision snapshots and `precision` more for each further doubling of the
/// retention. The last level keeps its boundaries until the retention ends. The time of a snapshot
/// follows from its level and position.
///
/// A boundary that leaves the grid, or that the end of a read would have been, is dropped where its
/// value is on the line between its neighbours, for then nothing is lost. Otherwise it is kept, as
/// one of at most `extra_boundaries_max`: so what comes in a burst leaves a window when it should.
/// The more of them there are, the more one must deviate; when there is no room, those that deviate
/// least are dropped. What is kept follows from the snapshots alone, so that it is the same after a
/// restart.
///
/// The newest boundary, the head, is the first one at or after the newest time: its slice is still
/// open. All values are zero at the origin, the time of begin, and before.
template <Cumulative Value>
class Cascade {
 public:
  struct Changes {
    std::vector<DatedValue<Value>> changed;
    std::vector<Instant> removed;
  };

  static double part_of(Duration part, Duration whole) {
    return static_cast<double>(part.count()) / static_cast<double>(whole.count());
  }

  /// Two neighbouring snapshots. `lower` is null for the zero at the origin.
  struct Slice {
    Instant begin;
    Instant end;
    const Value* lower;
    const Value* upper;

    Duration length() const { return end - begin; }
    Value until_begin() const { return lower ? *lower : Value{}; }
    Value line(Instant at) const {
      return Value::between(until_begin(), *upper, part_of(at - begin, length()));
    }
  };

  Cascade(Duration resolution, Duration retention, std::int64_t precision)
      : resolution_(resolution), retention_(retention), precision_(precision) {
    assert(resolution > Duration::zero() && retention > Duration::zero() && precision > 1);
    levels_.resize(levels_needed());
  }

  /// A cascade that answers and continues as the one that the rows, sorted by time, are of.
  static Cascade restore(Duration resolution, Duration retention, std::int64_t precision,
                         Instant origin, std::vector<DatedValue<Value>> rows);

  void begin(Instant origin) {
    if (origin_) return;
    origin_ = origin;
    newest_ = origin;
    head_ = step_at_or_after(origin);
    levels_[0].push(Value{});
    mark_changed(instant(head_));
  }

  std::optional<Instant> origin() const { return origin_; }
  std::optional<Instant> newest() const { return origin_ ? std::optional(newest_) : std::nullopt; }
  Duration resolution() const { return resolution_; }
  Duration retention() const { return retention_; }

  /// Adds a delta that came evenly over (when.begin, when.end].
  /// Costs a few snapshots if that is about now, and up to all of them if it is long ago.
  void add(Interval when, const Value& delta) {
    assert(origin_ && when.begin <= when.end);
    if (when.end > newest_) advance(when.end);
    visit_newest_first([&](Instant at, Value& value) {
      const double share = share_until(at, when);
      if (share <= 0) return false;
      value.add(delta, share);
      mark_changed(at);
      return true;
    });
  }

  /// What came until `at`. Interpolated linearly inside a slice.
  Value at(Instant at) const {
    if (!origin_ || at <= *origin_) return Value{};
    if (at >= newest_) return head_value();
    return slice_around(at).line(at);
  }

  /// The slice [begin, end) that `at` is in. Precondition: origin <= at < newest.
  Slice slice_around(Instant at) const;
  /// The slice (begin, end] that `at` is in. Precondition: origin < at <= newest.
  Slice slice_until(Instant at) const { return slice_around(at - Duration(1)); }
  /// Whether the newest time is a boundary's: that of a read which ended on the grid.
  bool ends_on_grid() const { return newest_ == instant(head_); }

  /// Applies change(Value&) to every snapshot: for a change of what a value consists of.
  template <class Change>
  void transform(Change change) {
    visit_newest_first([&](Instant at, Value& value) {
      change(value);
      mark_changed(at);
      return true;
    });
  }

  /// Goes on with another resolution and retention: what there is is laid out again, interpolated.
  void resize(Duration resolution, Duration retention);

  /// What changed since the last call. The head is given out with the newest time instead of its
  /// own, so that every row says what came until its time; it is removed again when time goes on.
  Changes take_changes();

  /// Nothing counts as given out by take_changes(): the next call gives all.
  void forget_taken() {
    if (!origin_) return;
    mark_changed(Instant::min());
    taken_until_ = Instant::min();
    removed_.clear();
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = sizeof(*this) + levels_.capacity() * sizeof(Ring<Value>) +
                        removed_.capacity() * sizeof(Instant) + extras_.memory_bytes();
    for (const auto& level : levels_) bytes += level.memory_bytes();
    return bytes;
  }

 private:
  static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
  static constexpr bool keeps_extras = Value::extra_boundaries_max > 0;
  static_assert(Weighed<Value> || !keeps_extras);

  // Boundaries are counted in steps of the resolution since the epoch.
  static std::int64_t spacing(std::size_t level) { return std::int64_t{1} << level; }
  Instant instant(std::int64_t step) const { return Instant(resolution_ * step); }
  std::int64_t step_at_or_before(Instant at) const {
    const std::int64_t step = at.time_since_epoch() / resolution_;
    return instant(step) > at ? step - 1 : step;
  }
  std::int64_t step_at_or_after(Instant at) const {
    const std::int64_t step = step_at_or_before(at);
    return instant(step) < at ? step + 1 : step;
  }
  static bool on_grid(std::int64_t step, std::size_t level) {
    return (step & (spacing(level) - 1)) == 0;
  }
  /// The head may be one step ahead of the newest time.
  std::int64_t kept_steps() const { return (retention_ + resolution_) / resolution_ + 1; }

  std::size_t levels_needed() const {
    std::size_t levels = 1;
    while (spacing(levels) * precision_ <= kept_steps()) ++levels;
    return levels;
  }

  /// A level holds the boundaries of an age below this, the last one has no such limit.
  std::int64_t age_limit(std::size_t level) const {
    return level + 1 < levels_.size() ? spacing(level + 1) * precision_ : no_limit;
  }
  /// The newest boundary that a level has with this head: the one at the limit of the level before
  /// has just moved here, or was dropped.
  std::int64_t newest_step(std::size_t level, std::int64_t head) const {
    if (level == 0) return head;
    return (head - age_limit(level - 1)) & ~(spacing(level) - 1);
  }
  std::int64_t oldest_step(std::size_t level) const {
    const auto before = static_cast<std::int64_t>(levels_[level].size()) - 1;
    return newest_step(level, head_) - before * spacing(level);
  }

  static double share_until(Instant boundary, Interval when) {
    if (boundary >= when.end) return 1;
    if (boundary <= when.begin) return 0;
    return part_of(boundary - when.begin, when.length());
  }

  /// Calls visit(time, value) from the head to the oldest snapshot of the grid, and then for those
  /// on no grid, both until it returns false.
  template <class Visit>
  void visit_newest_first(Visit visit) {
    visit_grid_newest_first(visit);
    for (std::size_t i = extras_.size(); i-- > 0;) {
      if (!visit(extras_[i].at, extras_[i].value)) return;
    }
  }
  template <class Visit>
  void visit_grid_newest_first(Visit& visit) {
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      std::int64_t step = newest_step(level, head_);
      for (std::size_t i = levels_[level].size(); i-- > 0; step -= spacing(level)) {
        if (!visit(instant(step), levels_[level][i])) return;
      }
    }
  }

  std::size_t oldest_level() const {
    std::size_t level = levels_.size() - 1;
    while (levels_[level].empty()) --level;
    return level;
  }
  const Value& head_value() const { return levels_[0][levels_[0].size() - 1]; }
  bool is_boundary(Instant at) const { return instant(step_at_or_before(at)) == at; }
  /// A row that was the newest one, with a time that is no boundary's: take_changes() removes it.
  bool was_head(Instant at) const { return at == taken_until_ && !is_boundary(at); }
  /// The boundaries from this one on differ from what was taken.
  void mark_changed(Instant boundary) { changed_from_ = std::min(changed_from_, boundary); }
  /// The snapshot of a boundary is gone.
  void drop(Instant boundary) {
    if (boundary <= taken_until_ && !was_head(boundary)) removed_.push_back(boundary);
  }

  Slice grid_slice_around(Instant at) const;
  Slice narrowed(Slice slice, std::size_t before, std::size_t after) const;
  void advance(Instant to);
  void step_forward();
  void expire();
  std::vector<DatedValue<Value>> snapshots(Instant from);
  void refill(std::int64_t head, const std::vector<DatedValue<Value>>& rows);

  // What is kept on no grid.
  double deviation(const Slice& around, Instant at, const Value& value) const;
  double deviation_needed() const;
  std::vector<double> deviations() const;
  void leave_grid(std::size_t level, std::int64_t step, const Value& value);
  void keep_newest();
  void expire_extras();
  void drop_all_that_deviate_little();
  bool drop_least(const std::vector<double>& deviations, double most);
  void make_room();
  Value value_in(const std::vector<DatedValue<Value>>& rows, std::size_t next, Instant at) const;

  Duration resolution_;
  Duration retention_;
  std::int64_t precision_;
  std::vector<Ring<Value>> levels_;
  ExtraBoundaries<Value> extras_;
  std::optional<Instant> origin_;
  Instant newest_{};       ///< the newest time that anything was said of; in the head's slice
  std::int64_t head_ = 0;  ///< the newest boundary; level 0 is never empty once begun

  Instant changed_from_ = Instant::max();  ///< snapshots from here on differ from what was taken
  Instant taken_until_ = Instant::min();   ///< the newest row given out
  std::vector<Instant> removed_;           ///< rows given out whose snapshots are gone
};

template <Cumulative Value>
Cascade<Value> Cascade<Value>::restore(Duration resolution, Duration retention,
                                       std::int64_t precision, Instant origin,
                                       std::vector<DatedValue<Value>> rows) {
  Cascade cascade(resolution, retention, precision);
  if (rows.empty()) {
    cascade.begin(origin);
    return cascade;
  }
  cascade.origin_ = origin;
  cascade.newest_ = rows.back().at;
  cascade.taken_until_ = rows.back().at;
  cascade.refill(cascade.step_at_or_after(cascade.newest_), rows);
  return cascade;
}

template <Cumulative Value>
void Cascade<Value>::resize(Duration resolution, Duration retention) {
  if (resolution == resolution_ && retention == retention_) return;
  const std::vector<DatedValue<Value>> rows = snapshots(Instant::min());
  resolution_ = resolution;
  retention_ = retention;
  levels_.assign(levels_needed(), Ring<Value>());
  if (!origin_) return;
  refill(step_at_or_after(newest_), rows);
  drop_all_that_deviate_little();
  mark_changed(Instant::min());
  // What was dropped before can be a boundary again.
  std::erase_if(removed_, [this](Instant at) { return slice_around(at).begin == at; });
}

template <Cumulative Value>
typename Cascade<Value>::Changes Cascade<Value>::take_changes() {
  Changes changes;
  changes.removed = std::exchange(removed_, {});
  if (changed_from_ == Instant::max()) return changes;
  changes.changed = snapshots(changed_from_);
  if (taken_until_ != newest_ && taken_until_ != Instant::min() && was_head(taken_until_) &&
      !extras_.contains(taken_until_)) {
    changes.removed.push_back(taken_until_);
  }
  changed_from_ = Instant::max();
  taken_until_ = newest_;
  return changes;
}

/// The snapshots of the boundaries from `from` on, sorted, the head with the newest time.
template <Cumulative Value>
std::vector<DatedValue<Value>> Cascade<Value>::snapshots(Instant from) {
  std::vector<DatedValue<Value>> found;
  visit_newest_first([&](Instant at, const Value& value) {
    if (at < from) return false;
    found.push_back({at == instant(head_) ? newest_ : at, value});
    return true;
  });
  std::ranges::sort(found, {}, &DatedValue<Value>::at);
  return found;
}

template <Cumulative Value>
typename Cascade<Value>::Slice Cascade<Value>::grid_slice_around(Instant at) const {
  const auto end_of = [this](std::int64_t step) { return step == head_ ? newest_ : instant(step); };
  std::int64_t next_step = head_;
  const Value* next = nullptr;
  for (std::size_t level = 0; level < levels_.size() && !levels_[level].empty(); ++level) {
    const Ring<Value>& ring = levels_[level];
    const std::int64_t oldest = oldest_step(level);
    if (at >= instant(oldest)) {
      const std::int64_t index = (step_at_or_before(at) - oldest) >> level;
      const auto position = static_cast<std::size_t>(index);
      const std::int64_t step = oldest + index * spacing(level);
      if (position + 1 < ring.size()) {
        next_step = step + spacing(level);
        next = &ring[position + 1];
      }
      return {instant(step), end_of(next_step), &ring[position], next};
    }
    next_step = oldest;
    next = &ring[0];
  }
  return {*origin_, end_of(next_step), nullptr, next};
}

/// A slice of the grid, cut at the extra boundaries next to `before` and `after`: there are as many
/// of them before it begins to matter, and before it ceases to.
template <Cumulative Value>
typename Cascade<Value>::Slice Cascade<Value>::narrowed(Slice slice, std::size_t before,
                                                        std::size_t after) const {
  if (before > 0 && extras_[before - 1].at > slice.begin) {
    slice.begin = extras_[before - 1].at;
    slice.lower = &extras_[before - 1].value;
  }
  if (after < extras_.size() && extras_[after].at < slice.end) {
    slice.end = extras_[after].at;
    slice.upper = &extras_[after].value;
  }
  return slice;
}

template <Cumulative Value>
typename Cascade<Value>::Slice Cascade<Value>::slice_around(Instant at) const {
  const Slice slice = grid_slice_around(at);
  if (extras_.empty()) return slice;
  const std::size_t until = extras_.before(at + Duration(1));
  return narrowed(slice, until, until);
}

template <Cumulative Value>
void Cascade<Value>::advance(Instant to) {
  const std::int64_t head = step_at_or_after(to);
  // The head's row, unless that is how it was given out: its time may become a boundary.
  if (changed_from_ <= instant(head_) || taken_until_ != newest_) mark_changed(newest_);
  // The head was given out with the newest time, if at all; now it is a boundary like others.
  if (newest_ < instant(head)) mark_changed(instant(head_));
  if (head > head_) mark_changed(instant(head_ + 1));
  // After a long silence it is cheaper to lay the snapshots out again than to go step by step.
  constexpr std::int64_t steps_max = 10'000;
  if (head - head_ > steps_max) {
    const std::vector<DatedValue<Value>> rows = snapshots(Instant::min());
    newest_ = to;
    refill(head, rows);
    drop_all_that_deviate_little();
    return;
  }
  keep_newest();
  while (head_ < head) step_forward();
  newest_ = to;
}

template <Cumulative Value>
void Cascade<Value>::step_forward() {
  for (std::size_t level = levels_.size() - 1; level-- > 0;) {
    const std::int64_t leaving = head_ + 1 - age_limit(level);
    if (!on_grid(leaving, level) || levels_[level].empty()) continue;
    if (oldest_step(level) != leaving) continue;
    Value value = levels_[level].pop();
    if (on_grid(leaving, level + 1)) {
      levels_[level + 1].push(std::move(value));
    } else {
      leave_grid(level, leaving, value);
    }
  }
  levels_[0].push(Value(head_value()));
  ++head_;
  expire();
  make_room();
  constexpr std::int64_t steps_between_reviews = 2048;  // 8.5 hours at 15 seconds
  if (head_ % steps_between_reviews == 0) drop_least(deviations(), deviation_needed() / 10);
}

/// Keeps one boundary at or before the start of the longest window, and none before it.
template <Cumulative Value>
void Cascade<Value>::expire() {
  const std::size_t last = levels_.size() - 1;
  Ring<Value>& ring = levels_[last];
  while (ring.size() > 1 && oldest_step(last) + spacing(last) <= head_ - kept_steps()) {
    drop(instant(oldest_step(last)));
    ring.pop();
  }
  expire_extras();
}

/// Lays out the snapshots that there are with this head, from rows sorted by time (at least one).
/// Notes as changed what is not among the rows, and as removed the rows that are not needed. Rows
/// on no grid are kept as far as there is room.
template <Cumulative Value>
void Cascade<Value>::refill(std::int64_t head, const std::vector<DatedValue<Value>>& rows) {
  for (Ring<Value>& level : levels_) level = Ring<Value>();
  extras_.clear();
  head_ = head;
  const auto skip = [this](const DatedValue<Value>& row) {
    if (row.at == newest_) return;  // the head's
    if constexpr (keeps_extras) {
      if (row.at > *origin_) return extras_.insert(extras_.size(), row);
    }
    drop(row.at);
  };
  std::size_t next = 0;  // the first row that is not older than the boundary
  for (std::size_t level = levels_.size(); level-- > 0;) {
    const std::int64_t grid = spacing(level);
    const std::int64_t from = level + 1 < levels_.size() ? head - age_limit(level) + 1
                                                         : (head - kept_steps()) & ~(grid - 1);
    const std::int64_t first = std::max(from, step_at_or_after(*origin_));
    for (std::int64_t step = (first + grid - 1) & ~(grid - 1); step <= newest_step(level, head);
         step += grid) {
      const Instant at = instant(step);
      while (next < rows.size() && rows[next].at < at) skip(rows[next++]);
      levels_[level].push(value_in(rows, next, at));
      if (next < rows.size() && rows[next].at == at) {
        ++next;
      } else if (step != head) {
        mark_changed(at);
      }
    }
  }
  expire_extras();
  make_room();
  extras_.shrink();
}

/// The value at `at`, where rows[next] is the first row that is not before it.
template <Cumulative Value>
Value Cascade<Value>::value_in(const std::vector<DatedValue<Value>>& rows, std::size_t next,
                               Instant at) const {
  if (next == rows.size()) return rows.back().value;
  if (rows[next].at == at) return rows[next].value;
  const Instant begin = next == 0 ? *origin_ : rows[next - 1].at;
  if (begin >= at) return rows[next].value;
  const double share = seconds(at - begin) / seconds(rows[next].at - begin);
  return Value::between(next == 0 ? Value{} : rows[next - 1].value, rows[next].value, share);
}

}  // namespace slod

#include "lib/slo/cascade_extras.h"  // IWYU pragma: export
