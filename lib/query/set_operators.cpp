#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/query/binary.h"
#include "lib/query/label_choice.h"

namespace slod::query {
namespace {

using promql::BinaryOperator;

/// At which steps the series of each group have a value.
class Presence {
 public:
  Presence(const Frame& frame, GroupTable& groups, std::size_t steps) {
    for (const Column& column : frame) {
      std::vector<std::uint8_t>& present = steps_[groups.group_of(column.labels)];
      present.resize(steps);
      for (std::size_t step = 0; step < steps; ++step) {
        if (column.kinds[step] != Point::Kind::none) present[step] = 1;
      }
    }
  }

  /// Takes away the values at the steps where the column's group is present, or is not.
  void mask(Column& column, std::size_t group, bool keep_present) const {
    const auto found = steps_.find(group);
    if (found == steps_.end()) {
      if (keep_present) column.kinds.assign(column.kinds.size(), Point::Kind::none);
      return;
    }
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if ((found->second[step] != 0) != keep_present) column.clear(step);
    }
  }

 private:
  std::unordered_map<std::size_t, std::vector<std::uint8_t>> steps_;
};

}  // namespace

std::expected<Frame, Error> combine_sets(Frame left, Frame right, BinaryContext& context) {
  const promql::VectorMatching& matching = context.binary.matching;
  GroupTable groups(LabelChoice(
      matching.labels, matching.on ? LabelChoice::Mode::only : LabelChoice::Mode::all_but));
  const bool is_or = context.binary.op == BinaryOperator::set_or;
  const Presence present(is_or ? left : right, groups, context.steps.count);
  Frame& masked = is_or ? right : left;
  for (Column& column : masked) {
    if (auto may_go_on = context.limits.next_series(column.kinds.size()); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    present.mask(column, groups.group_of(column.labels),
                 context.binary.op == BinaryOperator::set_and);
  }
  if (is_or) {
    for (Column& column : right) left.push_back(std::move(column));
  }
  if (auto merged = merge_same_labels(left); !merged) return std::unexpected(merged.error());
  return left;
}

}  // namespace slod::query
