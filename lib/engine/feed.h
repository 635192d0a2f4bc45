#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lib/engine/plan.h"
#include "lib/engine/slo_state.h"
#include "lib/series/series_book.h"
#include "lib/series/source_kind.h"
#include "lib/state/open_gap.h"
#include "lib/time/instant.h"

namespace slod {

/// One source, seen from the SLOs that it feeds: turns what a batch brought into their events, and
/// says for each stretch of time whether the source was measured or missing.
///
/// A source feeds an SLO from the first time it delivers one of its series. An SLO that n sources
/// feed loses 1/n of its coverage while one of them is missing. A gap in reading is missing time;
/// if the counters went on after it, its events are known all the same, and otherwise lost. Where
/// the samples have timestamps, or the kind of the source says so, time is measured up to the
/// newest of them.
///
/// An SLO whose expressions read samples is fed by newer samples of any of them, whatever their
/// values. What slod says of a target itself is known whether the target can be read or not.
class Feed {
 public:
  explicit Feed(SourcePlan plan);

  const SourcePlan& plan() const { return plan_; }

  /// After a restart: what the book knows of the time before, and open_gaps() of back then.
  void restore(const SeriesBook& book, std::span<const OpenGap> gaps, std::span<SloState> slos);
  /// A scrape that succeeded, at result.batch.at. `book` is the one that made the result.
  void record_scrape(const SeriesBook& book, const BatchResult& result, std::span<SloState> slos);
  /// A scrape that failed.
  void record_failure(Instant at, std::span<SloState> slos);
  /// What slod says itself is known up to `at`. Part of record_scrape() and record_failure().
  void report(Instant at, std::span<SloState> slos);
  /// Takes over, from the feed of the same source before a reload, which SLOs it fed.
  void continue_from(const Feed& before, std::span<const std::optional<std::uint32_t>> moved,
                     std::span<SloState> slos);
  /// Raises each SLO's watermark no higher than what this source delivered.
  void hold_watermarks(std::span<SloState> slos) const;
  /// What must be remembered for restore().
  std::vector<OpenGap> open_gaps(std::span<const SloState> slos) const;

 private:
  /// What the batch that is being recorded brought for one SLO.
  struct Page {
    bool touched = false;
    bool went_on = false;    ///< a counter continued
    bool lost_some = false;  ///< a counter began again at 0: what it had counted is lost
    Instant first_begin = Instant::max();
    Instant newest = Instant::min();

    /// Whether the events of a gap before it are all known.
    bool recovers() const { return went_on && !lost_some; }
  };

  struct Link {
    std::uint32_t slo = 0;
    bool feeds = false;
    bool is_report = false;  ///< it is fed by what slod says itself
    bool is_dated = false;   ///< its samples have timestamps, older than their batch
    Instant newest_value{};  ///< of the samples that its expressions read
    Instant accounted_to{};
    std::vector<MissedTime> missed = {};  ///< reported as unknown since the last batch
    Page page = {};
  };

  void add_link(std::uint32_t slo, bool is_report);
  Link& link_of(std::uint32_t slo);
  void count(const SeriesBook& book, const Observation& observation, std::span<SloState> slos);
  void note_values(const SeriesBook& book, const SampleBatch& batch);
  void start(Link& link, SloState& slo, Instant from);
  void series_are_gone(Link& link, SloState& slo, Instant at);
  void settle(Link& link, SloState& slo, Instant until);
  void miss(Link& link, SloState& slo, Instant at);
  std::vector<bool> slos_in_last_batch(const SeriesBook& book) const;
  Timing timing(const Link& link) const;
  Duration longest_step(const Link& link) const;

  SourcePlan plan_;
  std::vector<Link> links_;           ///< one for each SLO that the source can feed
  std::vector<std::int32_t> by_slo_;  ///< index into links_, or -1
  std::vector<bool> reads_values_;    ///< by demand id: whether any expression reads its samples
  bool has_values_ = false;
};

}  // namespace slod
