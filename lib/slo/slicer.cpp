#include "lib/slo/slicer.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <limits>
#include <utility>

#include "lib/slo/exact_numbers.h"
#include "lib/slo/slice.h"

namespace slod {
namespace {

namespace json = boost::json;

}  // namespace

Slicer::Slicer(Sli sli)
    : sli_(std::move(sli)),
      slice_(slice_of(sli_).value()),
      closed_(std::numeric_limits<std::int64_t>::min()) {}

template <class Visit>
void Slicer::spread(Interval when, Visit visit) {
  // Slices begin after a multiple of their length and end with the next one.
  const auto slice_of = [this](Instant at) {
    return floor_divided(at.time_since_epoch() - Duration(1), slice_);
  };
  const std::int64_t last = slice_of(when.end);
  const bool at_once = when.length() <= Duration::zero();
  const std::int64_t first = at_once ? last : slice_of(when.begin + Duration(1));
  const std::int64_t from = std::max({first, last - slices_max, std::max(closed_, first - 1) + 1});
  for (std::int64_t n = from; n <= last; ++n) {
    const Instant begin = std::max(when.begin, Instant(n * slice_));
    const Instant end = std::min(when.end, Instant((n + 1) * slice_));
    visit(open_[n], at_once ? 1.0 : seconds(end - begin) / seconds(when.length()));
  }
}

void Slicer::add(Interval when, const BucketCounts& events) {
  spread(when, [&](Open& slice, double share) { slice.events.add(events, share); });
}

void Slicer::account(Interval when, double measured_share) {
  const double measured = seconds(when.length()) * measured_share;
  spread(when, [&](Open& slice, double share) { slice.measured_seconds += measured * share; });
}

void Slicer::recover(Interval when, double share) {
  const double recovered = seconds(when.length()) * share;
  spread(when, [&](Open& slice, double part) { slice.recovered_seconds += recovered * part; });
}

std::vector<ClosedSlice> Slicer::close(Instant watermark) {
  const std::int64_t last = floor_divided(watermark.time_since_epoch(), slice_) - 1;
  std::vector<ClosedSlice> closed;
  while (!open_.empty() && open_.begin()->first <= last) {
    const auto& [n, slice] = *open_.begin();
    closed.push_back({{Instant(n * slice_), Instant((n + 1) * slice_)}, outcome(slice)});
    open_.erase(open_.begin());
  }
  closed_ = std::max(closed_, last);
  return closed;
}

SliceOutcome Slicer::outcome(const Open& slice) const {
  if (!is_measured(slice.measured_seconds, slice_)) return SliceOutcome::missing;
  const double known = std::min(slice.measured_seconds + slice.recovered_seconds, seconds(slice_));
  return judge(sli_, {slice.events, known});
}

json::value Slicer::state() const {
  json::array open;
  for (const auto& [n, slice] : open_) {
    open.push_back(json::object{{"slice", n},
                                {"measured_seconds", exact_numbers({&slice.measured_seconds, 1})},
                                {"recovered_seconds", exact_numbers({&slice.recovered_seconds, 1})},
                                {"bounds", exact_numbers(slice.events.bounds)},
                                {"counts", exact_numbers(slice.events.counts)}});
  }
  return json::object{{"closed", closed_}, {"open", std::move(open)}};
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
    const auto measured =
        read_exact_numbers(slice ? slice->if_contains("measured_seconds") : nullptr);
    const json::value* stored = slice ? slice->if_contains("recovered_seconds") : nullptr;
    const auto recovered = stored ? read_exact_numbers(stored) : std::vector<double>{0};
    const auto counts = read_exact_numbers(slice ? slice->if_contains("counts") : nullptr);
    const auto bounds = read_exact_numbers(slice ? slice->if_contains("bounds") : nullptr);
    if (!n || !n->is_int64() || !measured || measured->size() != 1 || !recovered ||
        recovered->size() != 1 || !counts || !bounds || !strictly_ascending(*bounds) ||
        counts->size() != bounds->size()) {
      return std::unexpected(
          "an open slice lacks \"slice\", one \"measured_seconds\" and \"recovered_seconds\", or "
          "ascending \"bounds\" and as many \"counts\"");
    }
    slices[n->get_int64()] = {measured->front(), recovered->front(), {*bounds, *counts}};
  }
  closed_ = closed->get_int64();
  open_ = std::move(slices);
  return {};
}

}  // namespace slod
