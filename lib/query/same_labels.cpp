#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <utility>

#include "lib/query/functions.h"

namespace slod::query {
namespace {

/// Moves the values of `from` to `to`; false where both have one.
bool join(Column& to, Column& from) {
  for (std::size_t step = 0; step < from.kinds.size(); ++step) {
    if (from.kinds[step] == Point::Kind::none) continue;
    if (to.kinds[step] != Point::Kind::none) return false;
    to.set(step, from.at(step));
  }
  to.drops_name = to.drops_name || from.drops_name;
  return true;
}

struct ByLabels {
  bool operator()(const Labels* one, const Labels* other) const { return *one < *other; }
};

}  // namespace

std::expected<void, Error> merge_same_labels(Frame& frame) {
  std::erase_if(frame, [](const Column& column) { return column.is_empty(); });
  std::map<const Labels*, Column*, ByLabels> first_with;
  bool any_joined = false;
  for (Column& column : frame) {
    const auto [entry, is_new] = first_with.emplace(&column.labels, &column);
    if (is_new) continue;
    if (!join(*entry->second, column)) {
      return std::unexpected(
          Error{.message = "vector cannot contain metrics with the same labelset"});
    }
    std::ranges::fill(column.kinds, Point::Kind::none);
    any_joined = true;
  }
  if (any_joined) {
    std::erase_if(frame, [](const Column& column) { return column.is_empty(); });
  }
  return {};
}

}  // namespace slod::query
