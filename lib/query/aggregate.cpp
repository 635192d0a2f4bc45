#include "lib/query/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

#include "lib/hash/keyed.h"
#include "lib/query/label_choice.h"
#include "lib/text/go_string.h"
#include "lib/text/number.h"

namespace slod::query {
namespace {

LabelChoice choice_of(const promql::Aggregate& aggregate) {
  return {aggregate.grouping,
          aggregate.without ? LabelChoice::Mode::all_but : LabelChoice::Mode::only};
}

/// NaN is the smallest of all. Linear between the ranks; q outside [0, 1] is beyond all values.
double quantile_of(double q, std::vector<double>& values) {
  if (std::isnan(q)) return q;
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  std::ranges::sort(values,
                    [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const double rank = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::size_t>(rank);
  const std::size_t upper = std::min(lower + 1, values.size() - 1);
  const double weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

void note_bad_quantiles(const ScalarFrame& ratios, AggregateContext& context) {
  const auto note = [&](double ratio) {
    context.annotations.add(
        Annotations::Severity::warning,
        fmt::format("PromQL warning: quantile value should be between 0 and 1, got {}",
                    short_number(ratio)),
        context.parameter_position);
  };
  double least = 0;
  double greatest = 1;
  bool any_nan = false;
  for (const double ratio : ratios) {
    any_nan = any_nan || std::isnan(ratio);
    least = std::min(least, ratio);
    greatest = std::max(greatest, ratio);
  }
  if (any_nan) note(std::numeric_limits<double>::quiet_NaN());
  if (greatest > 1) note(greatest);
  if (least < 0) note(least);
}

/// The series that count_values makes, each for one group and one value.
class ValueCounts {
 public:
  ValueCounts(const std::string& label, AggregateContext& context)
      : label_(label), context_(context), table_(choice_with(context.aggregate, label)) {}

  std::expected<void, Error> add(const Column& column) {
    std::unordered_map<std::string, std::size_t, KeyedHash> known;  // by value, for this series
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      const Point point = column.at(step);
      if (point.kind == Point::Kind::none) continue;
      std::string value = point.kind == Point::Kind::number ? plain_number(point.number)
                                                            : to_text(*point.histogram);
      const auto [found, is_new] = known.try_emplace(std::move(value), 0);
      if (is_new) {
        auto place = column_for(column, found->first);
        if (!place) return std::unexpected(place.error());
        found->second = *place;
      }
      Column& out = out_[found->second];
      out.set(step, (out.kinds[step] == Point::Kind::none ? 0 : out.numbers[step]) + 1);
    }
    return {};
  }

  Frame take() { return std::move(out_); }

 private:
  static LabelChoice choice_with(const promql::Aggregate& aggregate, const std::string& label) {
    std::vector<std::string> names = aggregate.grouping;
    if (!aggregate.without) names.push_back(label);
    return {std::move(names),
            aggregate.without ? LabelChoice::Mode::all_but : LabelChoice::Mode::only};
  }

  std::expected<std::size_t, Error> column_for(const Column& column, const std::string& value) {
    Labels labels = column.labels;
    labels.set(label_, value);
    const std::size_t place = table_.group_of(labels);
    if (place == out_.size()) {
      if (auto held = context_.limits.hold(context_.steps.count); !held) {
        return std::unexpected(held.error());
      }
      out_.emplace_back(table_.choice().choose(labels), context_.steps.count);
    }
    out_[place].drops_name = out_[place].drops_name || column.drops_name;
    return place;
  }

  const std::string& label_;
  AggregateContext& context_;
  GroupTable table_;
  Frame out_;
};

}  // namespace

std::vector<AggregateGroup> grouped(const Frame& frame, const promql::Aggregate& aggregate) {
  GroupTable table(choice_of(aggregate));
  std::vector<AggregateGroup> groups;
  for (const Column& column : frame) {
    const std::size_t group = table.group_of(column.labels);
    if (group == groups.size()) {
      groups.push_back({.labels = table.choice().choose(column.labels), .columns = {}});
    }
    groups[group].columns.push_back(&column);
  }
  return groups;
}

std::expected<Frame, Error> quantiles(const Frame& frame, const ScalarFrame& ratios,
                                      AggregateContext& context) {
  note_bad_quantiles(ratios, context);
  Frame out;
  std::vector<double> values;
  for (const AggregateGroup& group : grouped(frame, context.aggregate)) {
    if (auto held = context.limits.hold(context.steps.count); !held) {
      return std::unexpected(held.error());
    }
    Column& column = out.emplace_back(group.labels, context.steps.count);
    for (const Column* one : group.columns) {
      column.drops_name = column.drops_name || one->drops_name;
    }
    for (std::size_t step = 0; step < context.steps.count; ++step) {
      if (auto may_go_on = context.limits.advance(group.columns.size()); !may_go_on) {
        return std::unexpected(may_go_on.error());
      }
      values.clear();
      for (const Column* one : group.columns) {
        if (one->kinds[step] == Point::Kind::number) values.push_back(one->numbers[step]);
        if (one->kinds[step] == Point::Kind::histogram) {
          note_ignored_histogram(context, context.operand_position);
        }
      }
      if (!values.empty()) column.set(step, quantile_of(ratios[step], values));
    }
  }
  if (auto merged = merge_same_labels(out); !merged) return std::unexpected(merged.error());
  return out;
}

std::expected<Frame, Error> count_values(const Frame& frame, const std::string& label,
                                         AggregateContext& context) {
  if (!is_label_name(label)) {
    return std::unexpected(
        Error{Error::Kind::execution, fmt::format("invalid label name {}", go_quoted(label))});
  }
  ValueCounts counts(label, context);
  for (const Column& column : frame) {
    if (auto may_go_on = context.limits.next_series(context.steps.count); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    if (auto added = counts.add(column); !added) return std::unexpected(added.error());
  }
  Frame out = counts.take();
  if (auto merged = merge_same_labels(out); !merged) return std::unexpected(merged.error());
  return out;
}

}  // namespace slod::query
