#pragma once

#include <algorithm>

#include "lib/slo/cascade.h"
#include "lib/time/instant.h"

namespace slod {

/// What came until the edge of a window: as it is counted, at the least and at the most.
template <Cumulative Value>
struct Edge {
  Value value;
  Value least;
  Value most;
  Duration cut{};  ///< the width of the slice that the edge cuts; zero on a boundary
};

/// Where in its interval an event happened is not known, so an edge inside the interval may have it
/// on either side. An edge that cuts a slice has all of it on either side, and further slices as
/// far as an interval may reach over the edge: by two resolutions, as reads may be late, unless
/// reads end on the grid and so does the edge; and over every slice of which `may_be_in_gap(slice,
/// part)` says that an interval may span that part of it.
template <Cumulative Value, class MayBeInGap>
Edge<Value> edge_of(const Cascade<Value>& cascade, Instant at, MayBeInGap may_be_in_gap) {
  const auto origin = cascade.origin();
  if (!origin || at <= *origin || at >= *cascade.newest()) {
    const Value value = cascade.at(at);
    return {value, value, value};
  }
  const Duration reach = cascade.ends_on_grid() ? Duration::zero() : 2 * cascade.resolution();
  auto slice = cascade.slice_around(at);
  const bool is_cut = slice.begin < at;
  const Value value = is_cut ? slice.line(at) : slice.until_begin();
  Edge<Value> edge{value, value, value, is_cut ? slice.length() : Duration::zero()};
  if (!is_cut && reach == Duration::zero() && !may_be_in_gap(slice, slice.length())) return edge;

  const auto after = slice;
  if (!is_cut) slice = cascade.slice_until(at);
  while (true) {
    edge.least = slice.until_begin();
    const bool reaches =
        at - slice.begin < reach || may_be_in_gap(slice, std::min(at, slice.end) - slice.begin);
    if (!reaches || slice.begin <= *origin) break;
    slice = cascade.slice_until(slice.begin);
  }
  slice = after;
  while (true) {
    edge.most = *slice.upper;
    const bool reaches =
        slice.end - at < reach || may_be_in_gap(slice, slice.end - std::max(at, slice.begin));
    if (!reaches || slice.end >= *cascade.newest()) break;
    slice = cascade.slice_around(slice.end);
  }
  return edge;
}

}  // namespace slod
