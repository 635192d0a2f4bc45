#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/engine/plan.h"
#include "lib/engine/slo_state.h"
#include "lib/engine/slo_table.h"
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
  /// Of the SLOs of its plan, those that are in `slos` are fed.
  Feed(SourcePlan plan, const SloTable& slos);

  const SourcePlan& plan() const { return plan_; }

  /// From now on it also feeds this SLO with the series of one of its demands.
  void connect(SloHandle slo, std::uint32_t demand, Role role, bool subtracted);
  /// The SLO is removed.
  void disconnect(SloHandle slo);

  /// After a restart: what the book knows of the time before, and open_gaps() of back then.
  void restore(const SeriesBook& book, std::span<const OpenGap> gaps, SloTable& slos);
  /// A scrape that succeeded, at result.batch.at. `book` is the one that made the result.
  void record_scrape(const SeriesBook& book, const BatchResult& result, SloTable& slos);
  /// A scrape that failed.
  void record_failure(Instant at, SloTable& slos);
  /// What slod says itself is known up to `at`. Part of record_scrape() and record_failure().
  void report(Instant at, SloTable& slos);
  /// Takes over, from the feed of the same source before a reload, which SLOs it fed.
  void continue_from(const Feed& before, SloTable& slos);
  /// Raises each SLO's watermark no higher than what this source delivered.
  void hold_watermarks(SloTable& slos) const;
  /// Why the SLOs that it counts for have no evidence from now on; empty: they have.
  void explain_missing(const std::string& why, SloTable& slos) const;
  /// What must be remembered for restore().
  std::vector<OpenGap> open_gaps(const SloTable& slos) const;

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
    SloHandle slo;
    bool feeds = false;
    bool is_report = false;  ///< it is fed by what slod says itself
    bool is_dated = false;   ///< its samples have timestamps, older than their batch
    Instant newest_value{};  ///< of the samples that its expressions read
    Instant accounted_to{};
    std::vector<MissedTime> missed = {};  ///< reported as unknown since the last batch
    Page page = {};
  };

  /// What a series of one demand is to one of the links.
  struct Use {
    std::uint32_t link = 0;  ///< index into links_
    Role role = Role::total;
    bool subtracted = false;
  };

  std::uint32_t add_link(SloHandle slo, bool is_report);
  void note_values_read();
  std::span<const Use> uses(std::uint32_t demand) const;
  void count(const SeriesBook& book, const Observation& observation, SloTable& slos);
  void doubt(const SeriesBook& book, const DoubtfulEvents& events, SloTable& slos);
  void take_back(const SeriesBook& book, const BatchResult& result, SloTable& slos);
  void note_values(const SeriesBook& book, const SampleBatch& batch);
  void start(Link& link, SloState& slo, Instant from);
  void timestamps_stand(Link& link, SloState& slo, Instant at);
  void series_are_gone(Link& link, SloState& slo, Instant at);
  void settle(Link& link, SloState& slo, Instant until);
  void miss(Link& link, SloState& slo, Instant at);
  std::vector<bool> links_in_last_batch(const SeriesBook& book) const;
  Timing timing(const Link& link) const;
  Duration longest_step(const Link& link) const;

  SourcePlan plan_;
  std::vector<Link> links_;               ///< one for each SLO that the source can feed
  std::vector<Use> uses_;                 ///< those of each demand beside each other
  std::vector<std::uint32_t> first_use_;  ///< by demand id: index into uses_; one more at the end
  std::vector<bool> reads_values_;  ///< by demand id: whether any expression reads its samples
  bool has_values_ = false;
};

}  // namespace slod
