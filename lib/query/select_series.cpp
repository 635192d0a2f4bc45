#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "lib/hash/fnv.h"
#include "lib/query/aggregate.h"
#include "lib/query/label_choice.h"
#include "lib/text/number.h"

namespace slod::query {
namespace {

using promql::Aggregation;

/// The least double that int64 cannot hold is 2^63; Prometheus stops one double before it.
constexpr double int64_least = -9223372036854775808.0;
constexpr double int64_greatest = 9223372036854774784.0;

std::expected<void, Error> check_counts(const ScalarFrame& counts) {
  if (std::ranges::any_of(counts, [](double count) { return std::isnan(count); })) {
    return std::unexpected(execution_error("Parameter value is NaN"));
  }
  const auto [least, greatest] = std::ranges::minmax(counts);
  if (greatest < 1) return {};  // nothing is selected, whatever the others are
  if (least <= int64_least) {
    return std::unexpected(
        execution_error(fmt::format("Scalar value {} underflows int64", short_number(least))));
  }
  if (greatest >= int64_greatest) {
    return std::unexpected(
        execution_error(fmt::format("Scalar value {} overflows int64", short_number(greatest))));
  }
  return {};
}

std::expected<void, Error> check_ratios(const ScalarFrame& ratios, AggregateContext& context) {
  if (std::ranges::any_of(ratios, [](double ratio) { return std::isnan(ratio); })) {
    return std::unexpected(execution_error("Ratio value is NaN"));
  }
  const auto note = [&](double ratio, double cap) {
    context.annotations.add(
        Annotations::Severity::warning,
        fmt::format("PromQL warning: ratio value should be between -1 and 1, got {}, capping to {}",
                    short_number(ratio), short_number(cap)),
        context.parameter_position);
  };
  const auto [least, greatest] = std::ranges::minmax(ratios);
  if (greatest > 1) note(greatest, 1);
  if (least < -1) note(least, -1);
  return {};
}

/// Where in [0, 1) a series lies for limit_ratio: the same in every query, so that a ratio and its
/// complement r - 1 share all series out between them.
double place_of(const Labels& labels) {
  // FNV-1a, and MurmurHash3's last mix, as FNV's high bits alone are not even.
  constexpr std::string_view separator = "\xff";
  std::uint64_t hash = fnv_start;
  for (const auto& [name, value] : labels.pairs()) {
    hash = fnv_hash(separator, fnv_hash(name, hash));
    hash = fnv_hash(separator, fnv_hash(value, hash));
  }
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  return std::ldexp(static_cast<double>(hash >> 11), -53);
}

/// Chooses columns of one group at one step.
class Selection {
 public:
  Selection(const AggregateGroup& group, AggregateContext& context)
      : group_(group), context_(context) {
    if (context.aggregate.op != Aggregation::limit_ratio) return;
    for (const Column* column : group.columns) places_.push_back(place_of(column->labels));
  }

  /// Indices into the group's columns: best first for topk and bottomk, else in order.
  const std::vector<std::size_t>& choose(std::size_t step, double limit) {
    chosen_.clear();
    if (context_.aggregate.op == Aggregation::limit_ratio) {
      choose_ratio(step, limit);
    } else if (limit >= 1) {
      // More than there are is as good as all; a fraction is cut off.
      const double most = static_cast<double>(group_.columns.size());
      choose_count(step, static_cast<std::size_t>(std::min(limit, most)));
    }
    return chosen_;
  }

 private:
  bool has_value(std::size_t index, std::size_t step) const {
    return group_.columns[index]->kinds[step] != Point::Kind::none;
  }

  void choose_ratio(std::size_t step, double ratio) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const bool is_within = ratio >= 0 ? places_[i] < ratio : places_[i] >= 1 + ratio;
      if (is_within && has_value(i, step)) chosen_.push_back(i);
    }
  }

  void choose_count(std::size_t step, std::size_t count) {
    const bool is_ranked = context_.aggregate.op != Aggregation::limitk;
    for (std::size_t i = 0; i < group_.columns.size(); ++i) {
      if (!has_value(i, step)) continue;
      if (is_ranked && group_.columns[i]->kinds[step] == Point::Kind::histogram) {
        note_ignored_histogram(context_, context_.position);
        continue;
      }
      chosen_.push_back(i);
    }
    const std::size_t kept = std::min(count, chosen_.size());
    if (is_ranked) {
      const auto end = chosen_.begin() + static_cast<std::ptrdiff_t>(kept);
      std::partial_sort(chosen_.begin(), end, chosen_.end(),
                        [&](std::size_t a, std::size_t b) { return ranks_before(a, b, step); });
    }
    chosen_.resize(kept);
  }

  /// NaN is last in both directions; of equals the first.
  bool ranks_before(std::size_t a, std::size_t b, std::size_t step) const {
    const double left = group_.columns[a]->numbers[step];
    const double right = group_.columns[b]->numbers[step];
    if (std::isnan(left) || std::isnan(right)) {
      return std::isnan(left) == std::isnan(right) ? a < b : std::isnan(right);
    }
    if (left == right) return a < b;
    return (context_.aggregate.op == Aggregation::topk) == (left > right);
  }

  const AggregateGroup& group_;
  AggregateContext& context_;
  std::vector<double> places_;  ///< of the columns, for limit_ratio
  std::vector<std::size_t> chosen_;
};

/// The result at all steps: columns with gaps where they are not chosen.
std::expected<void, Error> select_steps(const AggregateGroup& group, const ScalarFrame& limits,
                                        AggregateContext& context, Frame& out) {
  Selection selection(group, context);
  std::vector<Column> columns(group.columns.size());
  std::vector<std::size_t> order;
  for (std::size_t step = 0; step < context.steps.count; ++step) {
    if (auto may_go_on = context.limits.advance(group.columns.size()); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    for (const std::size_t index : selection.choose(step, limits[step])) {
      const Column& from = *group.columns[index];
      Column& to = columns[index];
      if (to.kinds.empty()) {
        if (auto held = context.limits.hold(context.steps.count); !held) return held;
        to = Column(from.labels, context.steps.count);
        to.drops_name = from.drops_name;
        order.push_back(index);
      }
      to.set(step, from.at(step));
    }
  }
  for (const std::size_t index : order) out.push_back(std::move(columns[index]));
  return {};
}

}  // namespace

std::expected<Frame, Error> select_series(const Frame& frame, const ScalarFrame& limits,
                                          AggregateContext& context) {
  const bool is_ratio = context.aggregate.op == Aggregation::limit_ratio;
  if (auto checked = is_ratio ? check_ratios(limits, context) : check_counts(limits); !checked) {
    return std::unexpected(checked.error());
  }
  Frame out;
  for (const AggregateGroup& group : grouped(frame, context.aggregate)) {
    if (auto done = select_steps(group, limits, context, out); !done) {
      return std::unexpected(done.error());
    }
  }
  return out;
}

}  // namespace slod::query
