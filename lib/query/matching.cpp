#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/query/binary.h"
#include "lib/query/functions.h"
#include "lib/query/label_choice.h"
#include "lib/series/labels_hash.h"

namespace slod::query {
namespace {

using promql::Cardinality;
using promql::VectorMatching;

/// A mark for each step; empty where none is needed.
using Marks = std::vector<std::uint8_t>;

bool has_value(const Column& column, std::size_t step) {
  return column.kinds[step] != Point::Kind::none;
}

bool any_has_value(const std::vector<Column>& columns, std::size_t step) {
  return std::ranges::any_of(columns, [step](const Column& c) { return has_value(c, step); });
}

/// The series that a match group joins. With one-to-one matching either side may be the many side.
struct Group {
  std::vector<Column> many;
  std::vector<Column> one;
};

/// Joins two vectors group by group: labels are looked at once for each series, and only whether
/// the match is unique is checked at each step.
class VectorJoin {
 public:
  VectorJoin(Frame left, Frame right, BinaryContext& context);

  std::expected<Frame, Error> run();

 private:
  std::expected<void, Error> run(Group& group);
  std::expected<void, Error> join(const Group& group);
  std::expected<void, Error> unite_one_side(Group& group);
  void fill(Group& group) const;
  bool may_be_ambiguous(std::size_t step) const;
  std::expected<Column, Error> pair(const Column& many, const Column& one, Marks& matched);
  Marks& marks_for(const Column& many, const Column& one);
  Labels result_labels(const Column& many, const Column& one) const;
  Error duplicate(const Labels& first, const Labels& second) const;

  BinaryContext& context_;
  const VectorMatching& matching_;
  bool one_is_left_;
  std::optional<double> fill_many_;
  std::optional<double> fill_one_;
  LabelChoice choice_;
  LabelChoice include_;
  std::vector<Group> groups_;
  HistogramOperator histograms_;
  std::unordered_map<Labels, Marks, LabelsHash> marks_by_result_;  ///< of the current group
  Frame out_;
};

VectorJoin::VectorJoin(Frame left, Frame right, BinaryContext& context)
    : context_(context),
      matching_(context.binary.matching),
      one_is_left_(matching_.cardinality == Cardinality::one_to_many),
      fill_many_(one_is_left_ ? matching_.fill_right : matching_.fill_left),
      fill_one_(one_is_left_ ? matching_.fill_left : matching_.fill_right),
      choice_(matching_.labels,
              matching_.on ? LabelChoice::Mode::only : LabelChoice::Mode::all_but),
      include_(matching_.include, LabelChoice::Mode::only),
      histograms_(context) {
  GroupTable table(choice_);
  const auto add = [&](Frame& frame, std::vector<Column> Group::* side) {
    for (Column& column : frame) {
      const std::size_t group = table.group_of(column.labels);
      if (group == groups_.size()) groups_.emplace_back();
      (groups_[group].*side).push_back(std::move(column));
    }
  };
  add(one_is_left_ ? right : left, &Group::many);
  add(one_is_left_ ? left : right, &Group::one);
}

std::expected<Frame, Error> VectorJoin::run() {
  for (Group& group : groups_) {
    if (auto done = run(group); !done) return std::unexpected(done.error());
  }
  if (auto merged = merge_same_labels(out_); !merged) return std::unexpected(merged.error());
  return std::move(out_);
}

std::expected<void, Error> VectorJoin::run(Group& group) {
  if (auto united = unite_one_side(group); !united) return united;
  if (fill_many_ || fill_one_) fill(group);
  return join(group);
}

std::expected<void, Error> VectorJoin::join(const Group& group) {
  marks_by_result_.clear();
  Marks of_group;
  if (matching_.cardinality == Cardinality::one_to_one && group.many.size() > 1) {
    of_group.resize(context_.steps.count);
  }
  for (const Column& many : group.many) {
    for (const Column& one : group.one) {
      if (auto may_go_on = context_.limits.next_series(context_.steps.count); !may_go_on) {
        return may_go_on;
      }
      const bool needs_own_marks =
          matching_.cardinality != Cardinality::one_to_one && group.many.size() > 1;
      auto joined = pair(many, one, needs_own_marks ? marks_for(many, one) : of_group);
      if (!joined) return std::unexpected(joined.error());
      if (joined->is_empty()) continue;
      if (auto held = context_.limits.hold(context_.steps.count); !held) return held;
      out_.push_back(std::move(*joined));
    }
  }
  return {};
}

/// Among series that get the same labels only one may match at a step.
Marks& VectorJoin::marks_for(const Column& many, const Column& one) {
  Marks& marks = marks_by_result_[result_labels(many, one)];
  marks.resize(context_.steps.count);
  return marks;
}

/// Makes one column of those of the one side that give the result the same labels, which is
/// possible as long as no two of them have a value at the same step. Mostly there is only one.
std::expected<void, Error> VectorJoin::unite_one_side(Group& group) {
  if (group.one.size() < 2) return {};
  std::vector<const Labels*> owner(context_.steps.count, nullptr);
  std::vector<Labels> labels;
  labels.reserve(group.one.size());
  std::vector<Column> united;
  for (Column& column : group.one) {
    if (auto may_go_on = context_.limits.next_series(column.kinds.size()); !may_go_on) {
      return may_go_on;
    }
    const Labels& own = labels.emplace_back(column.labels);
    const auto same = std::ranges::find_if(united, [&](const Column& other) {
      return include_.choose(other.labels) == include_.choose(own);
    });
    Column& target = same != united.end() ? *same : united.emplace_back(own, column.kinds.size());
    target.drops_name = target.drops_name || column.drops_name;
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if (!has_value(column, step)) continue;
      if (owner[step] != nullptr) {
        if (auto may_go_on = context_.limits.advance(groups_.size()); !may_go_on) return may_go_on;
        if (may_be_ambiguous(step)) return std::unexpected(duplicate(*owner[step], own));
      }
      owner[step] = &own;
      target.set(step, column.at(step));
    }
  }
  group.one = std::move(united);
  return {};
}

/// Series that double each other do no harm at a step where the other side has nothing at all.
bool VectorJoin::may_be_ambiguous(std::size_t step) const {
  if (fill_many_ || fill_one_) return true;
  return std::ranges::any_of(
      groups_, [step](const Group& group) { return any_has_value(group.many, step); });
}

/// Adds series with the fill value where a side has none.
void VectorJoin::fill(Group& group) const {
  const std::size_t steps = context_.steps.count;
  const Column& any = group.many.empty() ? group.one.front() : group.many.front();
  Column one(choice_.choose(any.labels), steps);
  Column many(one.labels, steps);
  for (std::size_t step = 0; step < steps; ++step) {
    const bool has_many = any_has_value(group.many, step);
    const bool has_one = any_has_value(group.one, step);
    if (fill_one_ && has_many && !has_one) one.set(step, *fill_one_);
    if (fill_many_ && has_one && !has_many) many.set(step, *fill_many_);
  }
  if (fill_one_) group.one.push_back(std::move(one));
  if (fill_many_) group.many.push_back(std::move(many));
}

Labels VectorJoin::result_labels(const Column& many, const Column& one) const {
  Labels labels = many.labels;
  if (is_arithmetic(context_.binary.op)) labels.set(metric_name_label, "");
  if (matching_.cardinality == Cardinality::one_to_one) {
    if (matching_.on) return choice_.choose(labels);
    for (const std::string& name : matching_.labels) labels.set(name, "");
  }
  for (const std::string& name : matching_.include) labels.set(name, one.labels.get(name));
  return labels;
}

std::expected<Column, Error> VectorJoin::pair(const Column& many, const Column& one,
                                              Marks& matched) {
  Column out(result_labels(many, one), context_.steps.count);
  out.drops_name = many.drops_name && !is_arithmetic(context_.binary.op);
  if (context_.binary.return_bool) drop_name(out, context_.options);
  const Column& left = one_is_left_ ? one : many;
  const Column& right = one_is_left_ ? many : one;
  for (std::size_t step = 0; step < context_.steps.count; ++step) {
    if (!has_value(left, step) || !has_value(right, step)) continue;
    if (!apply(context_, histograms_, left, right, out, step) || matched.empty()) continue;
    if (matched[step] != 0) {
      return std::unexpected(
          Error{Error::Kind::execution,
                matching_.cardinality == Cardinality::one_to_one
                    ? "multiple matches for labels: many-to-one matching must be explicit "
                      "(group_left/group_right)"
                    : "multiple matches for labels: grouping labels must ensure unique matches"});
    }
    matched[step] = 1;
  }
  return out;
}

Error VectorJoin::duplicate(const Labels& first, const Labels& second) const {
  const auto& [smaller, greater] = std::minmax(first, second);
  return {Error::Kind::execution,
          fmt::format("found duplicate series for the match group {} on the {} hand-side of the "
                      "operation: [{}, {}];many-to-many matching not allowed: matching labels must "
                      "be unique on one side",
                      error_text(choice_.choose(first)), one_is_left_ ? "left" : "right",
                      error_text(smaller), error_text(greater))};
}

}  // namespace

std::expected<Frame, Error> match(Frame left, Frame right, BinaryContext& context) {
  const VectorMatching& matching = context.binary.matching;
  if ((left.empty() || right.empty()) && !matching.fill_left && !matching.fill_right)
    return Frame();
  return VectorJoin(std::move(left), std::move(right), context).run();
}

}  // namespace slod::query
