#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/engine/history.h"
#include "lib/engine/plan.h"
#include "lib/series/recent_samples.h"
#include "lib/series/sample_intake.h"
#include "lib/series/sample_rounds.h"
#include "lib/series/series_book.h"
#include "lib/time/instant.h"

namespace slod {

/// The samples of the last hours, for queries and rules: those of sources, of rules, and slod's own
/// series; and the history of the last. Not thread-safe.
class SampleBook {
 public:
  /// The series of sources that are gone end. Room is kept for what the expressions of `config`
  /// look at.
  void reconfigure(const config::Config& config, const Plan& plan, Instant now);

  /// A source was scraped, or could not be.
  void record_scrape(const SourcePlan& source, const SeriesBook& book, const BatchResult& result,
                     const ScrapeAttempt& attempt);
  void record_failure(const SourcePlan& source, const ScrapeAttempt& attempt);
  /// A round of slod's own series, and of the alerts of its SLOs. `at` is after that of the last
  /// call. Returns the time of the round before, which is complete now: rules that record what
  /// belongs to it had the time since then.
  std::optional<Instant> record_own(std::vector<LabelledSample> own,
                                    std::vector<LabelledSample> alerts, Instant at);
  void forget_old(Instant now) { recent_.forget_old(now); }

  const RecentSamples& recent() const { return recent_; }
  RecentSamples& recent() { return recent_; }
  /// Since when all of slod's own series are in recent(), as of `now`; what is older is in the
  /// history.
  Instant own_since(Instant now) const;
  /// What is to be stored of the history by `now`; Instant::max() stands for all that is new.
  std::vector<HistoryChange> take_history(Instant now) { return history_.take_due(now); }
  /// How many samples of sources there was no room for.
  std::size_t refused() const { return intake_.refused(); }

 private:
  RecentSamples recent_{SampleLimits{}};
  SampleIntake intake_{recent_};
  SampleRounds own_{recent_};
  Instant own_since_ = Instant::max();  ///< the first round of own_
  std::optional<Instant> own_at_;       ///< the last round
  History history_;
};

}  // namespace slod
