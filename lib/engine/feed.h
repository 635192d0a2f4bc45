#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lib/engine/plan.h"
#include "lib/engine/slo_state.h"
#include "lib/series/source_reader.h"
#include "lib/time/instant.h"

namespace slod {

/// One source, seen from the SLOs that it feeds: turns what a read brought into their events, and
/// says for each stretch of time whether the source was measured or missing.
///
/// A source feeds an SLO from the first time it delivers one of its series. An SLO that n sources
/// feed loses 1/n of its coverage while one of them is missing. A gap in reading is missing time;
/// if the counters went on after it, its events are known all the same, and otherwise lost.
class Feed {
 public:
  explicit Feed(SourcePlan plan);

  const SourcePlan& plan() const { return plan_; }

  /// After a restart: what the reader knows of the time before.
  void restore(const SourceReader& reader, std::span<SloState> slos);
  /// A read that succeeded. `reader` is the one that made it.
  void read(const SourceReader& reader, const Read& read, Instant at, std::span<SloState> slos);
  /// A read that failed.
  void failed(Instant at, std::span<SloState> slos);
  /// Takes over, from the feed of the same source before a reload, which SLOs it fed.
  void continue_from(const Feed& before, std::span<const std::optional<std::uint32_t>> moved,
                     std::span<SloState> slos);
  /// Raises each SLO's watermark no higher than what this source delivered.
  void hold_watermarks(std::span<SloState> slos) const;

 private:
  struct Link {
    std::uint32_t slo = 0;
    bool feeds = false;
    Instant accounted_to{};
    /// What was reported as unknown since the last good read, and for which share of the SLO.
    std::vector<std::pair<Interval, double>> gap = {};
    // Of the read under way:
    bool touched = false;
    bool went_on = false;     ///< a counter did
    bool began_anew = false;  ///< a counter was reset, or is only a baseline
    Instant first_begin{};
    Instant newest{};
  };

  Link& link_of(std::uint32_t slo);
  void count(const SourceReader& reader, const Observation& observation, std::span<SloState> slos);
  void settle(Link& link, SloState& slo, Instant until);
  void miss(Link& link, SloState& slo, Instant at);
  std::vector<bool> slos_on_last_page(const SourceReader& reader) const;
  Duration longest_step() const;

  SourcePlan plan_;
  std::vector<Link> links_;           ///< one for each SLO that the source can feed
  std::vector<std::int32_t> by_slo_;  ///< index into links_, or -1
};

}  // namespace slod
