#include "lib/engine/history.h"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/hash/fnv.h"
#include "lib/series/labels.h"
#include "lib/series/state_bytes.h"

namespace slod {
namespace {

/// How late a point may be taken: a daemon that starts later than that leaves it out.
constexpr Duration late_max = std::chrono::minutes(1);
/// Points of one series that wait while nothing can be stored: those of a day.
constexpr std::size_t points_max = 288;

constexpr unsigned mantissa_bits = 52;

/// Keeps the first `bits` bits of the fraction, rounded to nearest.
double rounded(double value, unsigned bits) {
  constexpr std::uint64_t exponent = 0x7ff;
  const auto raw = std::bit_cast<std::uint64_t>(value);
  if (((raw >> mantissa_bits) & exponent) == exponent) return value;  // infinite, or NaN
  const unsigned dropped = mantissa_bits - bits;
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  const std::uint64_t up = ((raw + half) >> dropped) << dropped;
  return std::bit_cast<double>(up);
}

/// A hash as a part of `length`, spread evenly.
Duration part_of(std::uint64_t hash, Duration length) {
  return Duration(static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(length.count())));
}

/// `value` modulo `length`, never negative.
Duration modulo(Duration value, Duration length) {
  return value - floor_divided(value, length) * length;
}

}  // namespace

bool has_history(std::string_view metric) {
  return metric.starts_with("slod_slo_") || metric == "slod_freeze_level" ||
         metric == "slod_latency_seconds";
}

double history_value(std::string_view metric, double value) {
  if (metric.ends_with("_total") || metric == "slod_slo_objective_ratio") return value;
  const bool is_near_one = metric == "slod_slo_sli_ratio" || metric == "slod_slo_coverage_ratio";
  return rounded(value, is_near_one ? 32 : 20);
}

void History::add(std::span<const LabelledSample> own, Instant at) {
  const Instant whole = at - modulo(at.time_since_epoch(), step);
  if (whole <= last_ || at - whole > late_max) return;
  last_ = whole;
  for (const auto& [labels, value] : own) {
    const std::string metric(labels.get("__name__"));
    if (!has_history(metric)) continue;
    Labels others = labels;
    others.set("__name__", "");
    add(series_key(metric, others), metric, {whole, value});
  }
}

void History::add(std::string key, std::string_view metric, HistoryPoint point) {
  const auto [place, is_new] = pending_.try_emplace(std::move(key));
  auto& [due, points] = place->second;
  if (is_new) {
    const Duration phase = part_of(fnv_hash(place->first), delay_max);
    due = point.at + modulo(phase - point.at.time_since_epoch(), delay_max);
    by_due_.emplace(due, &place->first);
  }
  if (points.size() >= points_max) points.erase(points.begin());
  point.value = history_value(metric, point.value);
  points.push_back(point);
}

std::vector<HistoryChange> History::take_due(Instant now) {
  std::vector<HistoryChange> due;
  while (!by_due_.empty() && by_due_.begin()->first <= now) {
    const std::string* key = by_due_.begin()->second;
    by_due_.erase(by_due_.begin());
    auto taken = pending_.extract(*key);
    due.push_back({std::move(taken.key()), std::move(taken.mapped().points)});
  }
  return due;
}

}  // namespace slod
