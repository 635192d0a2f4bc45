#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/series/labels.h"
#include "lib/time/instant.h"

namespace slod {

/// Of more series on either side none is looked for.
inline constexpr std::size_t renamed_series_most = 10'000;

/// How far the start of a process may move without being another one: some work it out from how
/// long they have run.
inline constexpr Duration start_jitter = std::chrono::seconds(2);

/// Where the counter of a series stands.
struct NamedCounter {
  std::uint32_t series = 0;
  std::string metric;
  Labels labels;
  double value = 0;
  std::optional<Instant> start = {};  ///< of its process, if it is known
};

/// `gone` and `born` are one series, before and after a change of its labels.
struct RenamedSeries {
  std::size_t gone = 0;  ///< an index, as `born`
  std::size_t born = 0;
  /// That series which have nothing to do with each other would fit as well is out of the question:
  /// the counts are so large, and those of all series of this change stand so close.
  bool is_certain = false;
};

/// The series that go on under another name: of those that are gone from a batch and those that are
/// born in it, the pairs of one metric that differ in the value of one label, or in whether they
/// have it, and of which the count goes on, by at most `most_events` or a tenth of it. The same
/// change of that label must fit all pairs that it makes.
///
/// Where that is certain, counts may also fall by a tenth at most, as where another replica answers
/// that is a moment behind; and several labels that all series of an instance share may change at
/// once. Where over a hundred series might each be it, none is. Never of two processes: where their
/// starts differ, or where `instance` changes and they are not known. Another bound (`le`) is
/// another bucket.
std::vector<RenamedSeries> find_renamed(std::span<const NamedCounter> gone,
                                        std::span<const NamedCounter> born, double most_events);

}  // namespace slod
