#include "lib/slo/slicer.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <limits>
#include <utility>

#include "lib/slo/doubt_list.h"
#include "lib/slo/exact_numbers.h"
#include "lib/slo/slice.h"

namespace slod {
namespace {

namespace json = boost::json;

/// A slice of which nothing is in doubt has none.
std::expected<std::optional<SliceDoubt>, std::string> read_doubt(const json::object& slice) {
  const json::value* stored = slice.if_contains("doubt");
  if (!stored) return std::nullopt;
  const json::object* object = stored->if_object();
  const json::value* reason = object ? object->if_contains("reason") : nullptr;
  const json::value* source = object ? object->if_contains("source") : nullptr;
  const auto known =
      reason && reason->is_string() ? doubt_reason(reason->get_string()) : std::nullopt;
  if (!known || !source || !source->is_string()) {
    return std::unexpected("the doubt of an open slice lacks a reason or a source");
  }
  return SliceDoubt{*known, std::string(source->get_string())};
}

}  // namespace

Slicer::Slicer(Sli sli)
    : sli_(std::move(sli)),
      slice_(slice_of(sli_).value()),
      closed_(std::numeric_limits<std::int64_t>::min()) {}

std::int64_t Slicer::slice_at(Instant at) const {
  return floor_divided(at.time_since_epoch() - Duration(1), slice_);
}

/// Half a slice, and a little more, since reads come a little early or late.
bool Slicer::goes_to_one_slice(Interval when) const {
  return when.length() * 20 <= slice_ * 11;
}

template <class Visit>
void Slicer::spread(Interval when, Visit visit) {
  const std::int64_t last = slice_at(when.end);
  const bool at_once = goes_to_one_slice(when);
  const std::int64_t first = at_once ? last : slice_at(when.begin + Duration(1));
  const std::int64_t from = std::max({first, last - slices_max, std::max(closed_, first - 1) + 1});
  for (std::int64_t n = from; n <= last; ++n) {
    const Instant begin = std::max(when.begin, Instant(n * slice_));
    const Instant end = std::min(when.end, Instant((n + 1) * slice_));
    visit(open_[n], at_once ? 1.0 : seconds(end - begin) / seconds(when.length()));
  }
}

void Slicer::shift(Interval when, double share) {
  if (!goes_to_one_slice(when)) return;
  const std::int64_t n = slice_at(when.end);
  const double before = seconds(Instant(n * slice_) - when.begin) * share;
  if (!(before > 0)) return;
  if (const auto slice = open_.find(n); slice != open_.end()) {
    slice->second.shifted_seconds += before;
  }
  if (const auto slice = open_.find(n - 1); slice != open_.end()) {
    slice->second.shifted_seconds -= before;
  }
}

void Slicer::add(Interval when, const BucketCounts& events) {
  recovered_.reset();
  spread(when, [&](Open& slice, double share) { slice.events.add(events, share); });
}

void Slicer::doubt(Interval when, const SliceDoubt& why) {
  spread(when, [&](Open& slice, double /*share*/) {
    if (!slice.doubt) slice.doubt = why;
  });
}

void Slicer::account(Interval when, double measured_share) {
  recovered_.reset();
  const double measured = seconds(when.length()) * measured_share;
  spread(when, [&](Open& slice, double share) { slice.measured_seconds += measured * share; });
  shift(when, measured_share);
}

void Slicer::recover(Interval when, double share) {
  if (recovered_ && recovered_->share == share) {
    const Interval other = recovered_->when;
    if (other.begin == when.end || other.end == when.begin) {
      add_recovered(other, -share);
      when = {std::min(when.begin, other.begin), std::max(when.end, other.end)};
    }
  }
  add_recovered(when, share);
  recovered_ = {when, share};
}

void Slicer::add_recovered(Interval when, double share) {
  const double recovered = seconds(when.length()) * share;
  spread(when, [&](Open& slice, double part) { slice.recovered_seconds += recovered * part; });
  shift(when, share);
}

std::vector<ClosedSlice> Slicer::close(Instant watermark) {
  recovered_.reset();
  const std::int64_t last = floor_divided(watermark.time_since_epoch(), slice_) - 1;
  std::vector<ClosedSlice> closed;
  while (!open_.empty() && open_.begin()->first <= last) {
    auto& [n, slice] = *open_.begin();
    const SliceOutcome judged = outcome(slice);
    closed.push_back(
        {{Instant(n * slice_), Instant((n + 1) * slice_)}, judged, std::move(slice.doubt)});
    open_.erase(open_.begin());
  }
  closed_ = std::max(closed_, last);
  return closed;
}

SliceOutcome Slicer::outcome(const Open& slice) const {
  if (!is_measured(slice.measured_seconds, slice_)) return SliceOutcome::missing;
  const double length = std::max(seconds(slice_) + slice.shifted_seconds, 0.5 * seconds(slice_));
  const double known = std::min(slice.measured_seconds + slice.recovered_seconds, length);
  return judge(sli_, {slice.events, known});
}

json::value Slicer::state() const {
  json::array open;
  for (const auto& [n, slice] : open_) {
    json::object object{{"slice", n},
                        {"measured_seconds", exact_numbers({&slice.measured_seconds, 1})},
                        {"recovered_seconds", exact_numbers({&slice.recovered_seconds, 1})},
                        {"shifted_seconds", exact_numbers({&slice.shifted_seconds, 1})},
                        {"bounds", exact_numbers(slice.events.bounds)},
                        {"counts", exact_numbers(slice.events.counts)}};
    if (slice.doubt) {
      object["doubt"] =
          json::object{{"reason", to_string(slice.doubt->reason)}, {"source", slice.doubt->source}};
    }
    open.push_back(std::move(object));
  }
  return json::object{{"closed", closed_}, {"open", std::move(open)}};
}

std::expected<Slicer::Open, std::string> Slicer::read_open(const json::object& slice) {
  // A state that was stored before there was such a number has none of it.
  const auto seconds_in = [&](const char* key, bool may_lack) -> std::optional<double> {
    const json::value* stored = slice.if_contains(key);
    if (!stored && may_lack) return 0;
    const auto numbers = read_exact_numbers(stored);
    return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
  };
  const auto measured = seconds_in("measured_seconds", false);
  const auto recovered = seconds_in("recovered_seconds", true);
  const auto shifted = seconds_in("shifted_seconds", true);
  const auto counts = read_exact_numbers(slice.if_contains("counts"));
  const auto bounds = read_exact_numbers(slice.if_contains("bounds"));
  if (!measured || !recovered || !shifted || !counts || !bounds || !strictly_ascending(*bounds) ||
      counts->size() != bounds->size()) {
    return std::unexpected(
        "an open slice lacks one \"measured_seconds\", \"recovered_seconds\" and "
        "\"shifted_seconds\", or ascending \"bounds\" and as many \"counts\"");
  }
  auto doubt = read_doubt(slice);
  if (!doubt) return std::unexpected(doubt.error());
  return Open{*measured, *recovered, *shifted, {*bounds, *counts}, std::move(*doubt)};
}

std::expected<void, std::string> Slicer::restore(const json::value& state) {
  const json::object* object = state.if_object();
  const json::value* closed = object ? object->if_contains("closed") : nullptr;
  const json::value* open = object ? object->if_contains("open") : nullptr;
  if (!closed || !closed->is_int64() || !open || !open->is_array()) {
    return std::unexpected("the slices lack a number \"closed\" or a list \"open\"");
  }
  std::map<std::int64_t, Open> slices;
  for (const json::value& element : open->get_array()) {
    const json::object* slice = element.if_object();
    const json::value* n = slice ? slice->if_contains("slice") : nullptr;
    if (!n || !n->is_int64()) return std::unexpected("an open slice lacks a number \"slice\"");
    auto read = read_open(*slice);
    if (!read) return std::unexpected(read.error());
    slices[n->get_int64()] = std::move(*read);
  }
  closed_ = closed->get_int64();
  open_ = std::move(slices);
  recovered_.reset();
  return {};
}

}  // namespace slod
