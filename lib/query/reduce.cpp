#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "lib/query/aggregate.h"
#include "lib/query/label_choice.h"
#include "lib/sketch/native_histogram_parts.h"
#include "lib/sketch/native_histogram_sum.h"

namespace slod::query {
namespace {

using promql::Aggregation;
using Severity = Annotations::Severity;

// A cell is the state of one group at one step. `add` takes a number, or a histogram with the
// series it comes from; `result` is nothing where the group has no value.

/// The histograms of a cell of sum or avg.
template <typename Total>
class HistogramCell {
 public:
  void add(const NativeHistogram& histogram, const Column& from, AggregateContext& context) {
    if (is_incompatible_) return;
    if (!total_) {
      total_.emplace(histogram);
    } else if (!total_->add(histogram)) {
      is_incompatible_ = true;
      context.annotations.add(
          Severity::warning,
          fmt::format("PromQL warning: vector contains a mix of histograms with exponential and "
                      "custom buckets schemas for metric name \"{}\"",
                      from.labels.get(metric_name_label)),
          context.operand_position);
    }
  }

  bool is_empty() const { return !total_; }

  /// `total` is the sum or the mean, as one histogram.
  template <typename Read>
  Point result(Read read, AggregateContext& context) const {
    if (is_incompatible_) return {};
    if (total_->reset_collision()) {
      context.annotations.add(
          Severity::warning,
          "PromQL warning: conflicting counter resets during histogram aggregation",
          context.operand_position);
    }
    if (total_->bounds_reconciled()) {
      context.annotations.add(
          Severity::info,
          "PromQL info: mismatched custom buckets were reconciled during aggregation",
          context.operand_position);
    }
    NativeHistogram histogram = read(*total_);
    compact(histogram);
    return Point(std::make_shared<const NativeHistogram>(std::move(histogram)));
  }

 private:
  std::optional<Total> total_;
  bool is_incompatible_ = false;
};

Point mixed(AggregateContext& context) {
  context.annotations.add(
      Severity::warning,
      "PromQL warning: encountered a mix of histograms and floats for aggregation",
      context.operand_position);
  return {};
}

class SumCell {
 public:
  void add(double value) {
    sum_.add(value);
    has_numbers_ = true;
  }
  void add(const NativeHistogram& histogram, const Column& from, AggregateContext& context) {
    if (!histograms_) histograms_ = std::make_unique<HistogramCell<HistogramSum>>();
    histograms_->add(histogram, from, context);
  }
  Point result(AggregateContext& context) const {
    if (!histograms_) return has_numbers_ ? Point(sum_.total()) : Point();
    if (has_numbers_) return mixed(context);
    return histograms_->result([](const HistogramSum& sum) { return sum.total(); }, context);
  }

 private:
  CompensatedSum sum_;
  bool has_numbers_ = false;
  std::unique_ptr<HistogramCell<HistogramSum>> histograms_;
};

/// The sum, divided once; or, from where the sum would overflow, a mean that is moved with each
/// value.
class MeanCell {
 public:
  void add(double value) {
    count_ += 1;
    if (!is_moving_) {
      CompensatedSum next = sum_;
      next.add(value);
      if (count_ == 1 || !std::isinf(next.value)) {
        sum_ = next;
        return;
      }
      is_moving_ = true;
      sum_.value /= count_ - 1;
      sum_.lost /= count_ - 1;
    }
    const double share = (count_ - 1) / count_;
    sum_.value *= share;
    sum_.lost *= share;
    sum_.add(value / count_);
  }
  void add(const NativeHistogram& histogram, const Column& from, AggregateContext& context) {
    if (!histograms_) histograms_ = std::make_unique<HistogramCell<HistogramMean>>();
    histograms_->add(histogram, from, context);
  }
  Point result(AggregateContext& context) const {
    if (histograms_) {
      if (count_ > 0) return mixed(context);
      return histograms_->result([](const HistogramMean& mean) { return mean.mean(); }, context);
    }
    if (count_ == 0) return {};
    if (is_moving_) return Point(sum_.total());
    return Point(sum_.value / count_ + sum_.lost / count_);
  }

 private:
  double count_ = 0;
  bool is_moving_ = false;
  CompensatedSum sum_;  ///< the mean itself once `is_moving_`
  std::unique_ptr<HistogramCell<HistogramMean>> histograms_;
};

class CountCell {
 public:
  void add(double /*value*/) { count_ += 1; }
  void add(const NativeHistogram& /*histogram*/, const Column& /*from*/, AggregateContext&) {
    count_ += 1;
  }
  Point result(AggregateContext&) const { return count_ > 0 ? Point(count_) : Point(); }

 private:
  double count_ = 0;
};

class GroupCell {
 public:
  void add(double /*value*/) { is_seen_ = true; }
  void add(const NativeHistogram& /*histogram*/, const Column& /*from*/, AggregateContext&) {
    is_seen_ = true;
  }
  Point result(AggregateContext&) const { return is_seen_ ? Point(1.0) : Point(); }

 private:
  bool is_seen_ = false;
};

/// The part of a cell that takes no histograms.
struct NumbersOnly {
  static void add(const NativeHistogram& /*histogram*/, const Column& /*from*/,
                  AggregateContext& context) {
    note_ignored_histogram(context, context.operand_position);
  }
};

/// NaN gives way to any other value.
template <bool takes_greater>
class ExtremeCell : public NumbersOnly {
 public:
  using NumbersOnly::add;
  void add(double value) {
    const bool is_better = takes_greater ? extreme_ < value : extreme_ > value;
    if (!is_seen_ || is_better || std::isnan(extreme_)) extreme_ = value;
    is_seen_ = true;
  }
  Point result(AggregateContext&) const { return is_seen_ ? Point(extreme_) : Point(); }

 private:
  bool is_seen_ = false;
  double extreme_ = 0;
};

/// Source: Welford's method. An infinite value has no distance to the mean: NaN.
template <bool takes_root>
class VarianceCell : public NumbersOnly {
 public:
  using NumbersOnly::add;
  void add(double value) {
    count_ += 1;
    if (count_ == 1) {
      mean_ = value;
      squares_ = std::isfinite(value) ? 0 : std::numeric_limits<double>::quiet_NaN();
      return;
    }
    const double distance = value - mean_;
    mean_ += distance / count_;
    squares_ += distance * (value - mean_);
  }
  Point result(AggregateContext&) const {
    if (count_ == 0) return {};
    const double variance = squares_ / count_;
    return Point(takes_root ? std::sqrt(variance) : variance);
  }

 private:
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

/// Goes through a group column by column, with the states of all steps side by side.
template <typename Cell>
std::expected<Column, Error> reduce_group(const AggregateGroup& group, AggregateContext& context) {
  const std::size_t steps = context.steps.count;
  std::vector<Cell> cells(steps);
  Column out(group.labels, steps);
  for (const Column* column : group.columns) {
    if (auto may_go_on = context.limits.next_series(steps); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    out.drops_name = out.drops_name || column->drops_name;
    for (std::size_t step = 0; step < steps; ++step) {
      if (column->kinds[step] == Point::Kind::number) {
        cells[step].add(column->numbers[step]);
      } else if (column->kinds[step] == Point::Kind::histogram) {
        cells[step].add(*column->histograms[step], *column, context);
      }
    }
  }
  for (std::size_t step = 0; step < steps; ++step) out.set(step, cells[step].result(context));
  return out;
}

template <typename Cell>
std::expected<Frame, Error> reduce_with(const Frame& frame, AggregateContext& context) {
  Frame reduced;
  for (const AggregateGroup& group : grouped(frame, context.aggregate)) {
    if (auto held = context.limits.hold(context.steps.count); !held) {
      return std::unexpected(held.error());
    }
    auto column = reduce_group<Cell>(group, context);
    if (!column) return std::unexpected(column.error());
    reduced.push_back(std::move(*column));
  }
  if (auto merged = merge_same_labels(reduced); !merged) return std::unexpected(merged.error());
  return reduced;
}

}  // namespace

void note_ignored_histogram(AggregateContext& context, promql::Position position) {
  context.annotations.add(Severity::info,
                          fmt::format("PromQL info: ignored histogram in {} aggregation",
                                      promql::text(context.aggregate.op)),
                          position);
}

std::expected<Frame, Error> reduce(const Frame& frame, AggregateContext& context) {
  switch (context.aggregate.op) {
    case Aggregation::sum:
      return reduce_with<SumCell>(frame, context);
    case Aggregation::avg:
      return reduce_with<MeanCell>(frame, context);
    case Aggregation::count:
      return reduce_with<CountCell>(frame, context);
    case Aggregation::min:
      return reduce_with<ExtremeCell<false>>(frame, context);
    case Aggregation::max:
      return reduce_with<ExtremeCell<true>>(frame, context);
    case Aggregation::stddev:
      return reduce_with<VarianceCell<true>>(frame, context);
    case Aggregation::stdvar:
      return reduce_with<VarianceCell<false>>(frame, context);
    default:
      return reduce_with<GroupCell>(frame, context);
  }
}

}  // namespace slod::query
