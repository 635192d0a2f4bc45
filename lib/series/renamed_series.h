#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/series/labels.h"

namespace slod {

/// Where the counter of a series stands.
struct NamedCounter {
  std::uint32_t series = 0;
  std::string metric;
  Labels labels;
  double value = 0;
};

/// `gone` and `born` are one series, before and after a change of its labels.
struct RenamedSeries {
  std::size_t gone = 0;  ///< an index, as `born`
  std::size_t born = 0;
};

/// The series that go on under another name: of those that are gone from a batch and those that are
/// born in it, the pairs of one metric that differ in the value of one label, or in whether they
/// have it, and of which the count goes on, by at most `most_events` or a tenth of it. The same
/// change of that label must fit all pairs that it makes. Of more than 10,000 on either side none
/// is looked for.
std::vector<RenamedSeries> find_renamed(std::span<const NamedCounter> gone,
                                        std::span<const NamedCounter> born, double most_events);

}  // namespace slod
