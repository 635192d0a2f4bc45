#include "lib/slo/slice_queue.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <limits>

#include "lib/slo/slice.h"

namespace slod {

SliceQueue::SliceQueue(Duration slice)
    : slice_(slice), closed_(std::numeric_limits<std::int64_t>::min()) {}

std::int64_t SliceQueue::number(Instant at) const {
  return floor_divided(at.time_since_epoch(), slice_);
}

Interval SliceQueue::interval(std::int64_t first, std::int64_t last) const {
  return {Instant(first * slice_), Instant((last + 1) * slice_)};
}

void SliceQueue::begin(Instant first_read) {
  if (!next_) next_ = number(first_read - Duration(1)) + 1;
}

void SliceQueue::readable_since(Instant at) {
  readable_since_ = std::max(readable_since_, at);
  std::erase_if(measured_seconds_, [this](const auto& slice) {
    return Instant(slice.first * slice_) < readable_since_;
  });
}

void SliceQueue::account(Interval when, double measured_share) {
  if (!next_ || measured_share <= 0) return;
  when.begin = std::max({when.begin, Instant(*next_ * slice_), readable_since_});
  if (when.begin >= when.end) return;
  const std::int64_t last = number(when.end - Duration(1));
  for (std::int64_t n = std::max(number(when.begin), last - slices_max); n <= last; ++n) {
    const Interval slice = interval(n, n);
    if (slice.begin < readable_since_) continue;
    const Duration part = std::min(when.end, slice.end) - std::max(when.begin, slice.begin);
    measured_seconds_[n] += seconds(part) * measured_share;
  }
  while (static_cast<std::int64_t>(measured_seconds_.size()) > slices_max) {
    measured_seconds_.erase(measured_seconds_.begin());
  }
}

void SliceQueue::close(Instant watermark) {
  closed_ = std::max(closed_, number(watermark) - 1);
}

std::optional<Interval> SliceQueue::take_missing() {
  if (!next_) return std::nullopt;
  while (!measured_seconds_.empty() && measured_seconds_.begin()->first <= closed_ &&
         !is_measured(measured_seconds_.begin()->second, slice_)) {
    measured_seconds_.erase(measured_seconds_.begin());
  }
  const bool some_wait = !measured_seconds_.empty();
  const std::int64_t until =
      some_wait ? std::min(measured_seconds_.begin()->first - 1, closed_) : closed_;
  if (until < *next_) return std::nullopt;
  const Interval missing = interval(*next_, until);
  next_ = until + 1;
  return missing;
}

std::vector<SliceQueue::Due> SliceQueue::due(std::size_t most) const {
  std::vector<Due> slices;
  if (!next_) return slices;
  std::int64_t expected = *next_;
  for (const auto& [n, measured] : measured_seconds_) {
    if (n != expected++ || n > closed_ || !is_measured(measured, slice_) || slices.size() >= most)
      break;
    slices.push_back({interval(n, n), std::min(1.0, measured / seconds(slice_))});
  }
  return slices;
}

std::optional<SliceQueue::Due> SliceQueue::take(Interval slice) {
  const std::vector<Due> head = due(1);
  if (head.empty() || head.front().when != slice) return std::nullopt;
  measured_seconds_.erase(*next_);
  ++*next_;
  return head.front();
}

boost::json::value SliceQueue::state() const {
  boost::json::object state{{"next", nullptr}};
  if (next_) state["next"] = *next_;
  return state;
}

std::expected<void, std::string> SliceQueue::restore(const boost::json::value& state) {
  const boost::json::object* object = state.if_object();
  const boost::json::value* next = object ? object->if_contains("next") : nullptr;
  if (!next || !(next->is_null() || next->is_int64())) {
    return std::unexpected("the slices have no \"next\" that is a number or null");
  }
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() / slice_.count() / 2;
  if (next->is_int64() && (next->get_int64() > most || next->get_int64() < -most)) {
    return std::unexpected("the \"next\" slice is at no time that exists");
  }
  next_.reset();
  if (next->is_int64()) next_ = next->get_int64();
  measured_seconds_.clear();
  return {};
}

}  // namespace slod
