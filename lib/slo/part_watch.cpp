#include "lib/slo/part_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

namespace slod {
namespace {

constexpr std::array stretches{3, 12, 48, 192};  ///< in lags
constexpr int slices_most = 48 + 2;
constexpr double share_most = 0.05;  ///< of the total
constexpr double least_events = 10;

Duration longest_lag(Duration resolution) {
  constexpr Duration usual = std::chrono::minutes(1);
  const bool is_read_often = resolution < std::chrono::seconds(5);
  return is_read_often ? resolution * 3 / 2 : std::max(usual, 2 * resolution);
}

/// By how many events good or bad ones are above the total or below zero.
double outside(double events, double total) {
  return std::abs(events - std::clamp(events, 0.0, std::max(0.0, total)));
}

std::size_t index(int number) {
  return static_cast<std::size_t>(number);
}

}  // namespace

std::string to_text(const PartFinding& finding) {
  const std::string_view part = to_string(finding.part);
  const std::string where = finding.over > Duration::zero()
                                ? fmt::format("in {}", format_duration(finding.over))
                                : "on the pages that were read";
  if (finding.total <= 0) {
    return fmt::format("{:.0f} {} events {} are no part of total, which counted none",
                       finding.events, part, where);
  }
  const double percent = 100 * finding.events / finding.total;
  if (finding.events < 0) {
    return fmt::format("{} events were {:.0f} % of total {}: {} takes off more than it counts",
                       part, percent, where, part);
  }
  return fmt::format("{} events were {:.0f} % of total {}: {} counts what is no part of total",
                     part, percent, where, part);
}

bool are_no_part(double events, double total) {
  const double beyond = outside(events, total);
  return beyond > share_most * total && beyond >= least_events;
}

PartWatch::Counted PartWatch::counted(const Ledger& ledger, Interval when) const {
  const Tally tally = ledger.over(when);
  return {tally.total, *part_ == SliPart::good ? tally.total - tally.bad : tally.bad};
}

PartWatch::Counted PartWatch::counted(int first, int last) const {
  Counted sum;
  for (const auto& [when, slice] : std::span(slices_).subspan(index(first), index(last - first))) {
    sum.total += slice.total;
    sum.events += slice.events;
  }
  return sum;
}

/// `in(first, last)` is what was counted in the lags [first, last), counted back from now.
template <class CountedIn>
std::optional<PartFinding> PartWatch::find(int lags, double events_least, CountedIn in) const {
  const auto [total, events] = in(1, lags + 1);
  const double around = in(0, lags + 2).total - total;
  const double beyond = outside(events, total);
  if (beyond <= around + share_most * total || beyond < events_least) return std::nullopt;
  return PartFinding{.part = *part_, .events = events, .total = total};
}

bool PartWatch::is_over(const Counted& lately) {
  const auto [total, events] = lately;
  if (total <= 0 || outside(events, total) > share_most * total) return false;
  finding_.reset();
  return true;
}

void PartWatch::observe(const Ledger& ledger, Instant until) {
  const auto since = ledger.observed_since();
  if (!part_ || !since || until <= *since) return;
  if (std::exchange(observed_until_, until) == until) return;
  const Duration lag = longest_lag(ledger.resolution());
  const auto in = [&](int first, int last) {
    return counted(ledger, {until - lag * last, until - lag * first});
  };
  if (finding_) {
    if (is_over(counted(ledger, {until - lag - finding_->over, until - lag}))) over_since_ = until;
    return;
  }
  const Duration known = until - std::max(*since, over_since_);
  for (const int lags : stretches) {
    if (lag * (lags + 2) > known) return;
    finding_ = find(lags, least_events, in);
    if (!finding_) continue;
    finding_->over = lag * lags;
    return;
  }
}

void PartWatch::observe(Interval slice, const SliceValue& value) {
  if (!part_ || value.kind != SliceValue::Kind::counted) return;
  const auto& [total, bad] = value.events;
  slices_.push_back(
      {slice, {total, (*part_ == SliPart::good ? total - bad : bad) + value.outside}});
  if (std::ssize(slices_) > slices_most) slices_.erase(slices_.begin());
  const int end = static_cast<int>(slices_.size());
  if (finding_) {
    if (is_over(counted(std::max(0, end - slices_found_), end))) slices_.clear();
    return;
  }
  const auto in = [&](int first, int last) { return counted(end - last, end - first); };
  for (const int lags : stretches) {
    if (lags + 2 > end) return;
    finding_ = find(lags, 0, in);
    if (!finding_) continue;
    slices_found_ = lags;
    finding_->over = slices_[index(end - 2)].first.end - slices_[index(end - 1 - lags)].first.begin;
    return;
  }
}

PartWatch::Change PartWatch::take_change() {
  if (finding_.has_value() == was_said_) return Change::none;
  was_said_ = finding_.has_value();
  return was_said_ ? Change::found : Change::over;
}

}  // namespace slod
