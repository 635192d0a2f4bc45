#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/series/recent_samples.h"
#include "lib/series/series_book.h"
#include "lib/series/source_kind.h"
#include "lib/time/instant.h"

namespace slod {

/// When an attempt to scrape a source began, and how long it took.
struct ScrapeAttempt {
  Instant at;
  Duration took{};
};

/// Puts what sources deliver into RecentSamples, under the names and with the staleness that
/// Prometheus gives it: a series that is gone ends there, and all of a target's series end when it
/// cannot be read; but a series on a target's page with timestamps of its own does neither (see
/// SourceKind). Where the kind has a scrape report, the source also gets `up`,
/// `scrape_duration_seconds`, `scrape_samples_scraped`, `scrape_samples_post_metric_relabeling` and
/// `scrape_series_added`. Histograms are passed over: RecentSamples has no place for them.
/// Source: Prometheus, scrape/scrape.go, scrapeLoop. Not thread-safe.
class SampleIntake {
 public:
  explicit SampleIntake(RecentSamples& samples) : samples_(samples) {}

  /// `book` made `result`, and holds the labels of its series.
  void record_scrape(const std::string& source, const SeriesBook& book, const BatchResult& result,
                     const ScrapeAttempt& attempt);
  void record_failure(const std::string& source, const SourceOptions& options,
                      const ScrapeAttempt& attempt);

  /// These are read from now on, with these options: the series of all others end.
  void keep_only(const std::map<std::string, SourceOptions>& sources, Instant at);

  /// Samples that were not kept, since the start, because there was no room for their series.
  std::size_t refused() const { return refused_; }

 private:
  struct Known {
    SampleSeries series;
    std::uint64_t key_hash = 0;  ///< of the book's series
    bool has_timestamp = false;  ///< whether its last sample had one of its own
  };
  static constexpr std::size_t report_names = 5;
  struct Source {
    SourceOptions options;
    std::uint64_t version = 0;  ///< of the book's series
    std::vector<Known> known;   ///< by the book's index
    std::array<SampleSeries, report_names> report;
  };

  Source& source(const std::string& name, const SourceOptions& options);
  Known& known(Source& source, const SeriesBook& book, std::uint32_t series);
  void end(const Source& source, const Known& series, Instant at);
  void end_dropped(Source& source, const SeriesBook& book, Instant at);
  void report(Source& source, const ScrapeAttempt& attempt, const BatchResult* result);
  void end_all(const Source& source, Instant at);

  RecentSamples& samples_;
  std::map<std::string, Source> sources_;
  std::size_t refused_ = 0;
};

/// Whether slod itself says what series of this metric a target that it scrapes has.
bool is_scrape_report(std::string_view metric);

}  // namespace slod
