#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/series/labels.h"
#include "lib/time/instant.h"

namespace slod {

/// What the first sample of a series means that was not in the batch before.
enum class Birth : std::uint8_t {
  counts_from_zero,  ///< the series began since then: its value is events
  /// The source may have discovered an old target, or have restarted. The series began since then
  /// only if the batch before had another series of its `job` and `instance`; else its value is a
  /// baseline.
  counts_where_target_is_known,
};

/// How far the time is known that a source answers for.
enum class Timing : std::uint8_t {
  by_reads,    ///< up to each read
  by_samples,  ///< up to the newest sample, which is older than the read that brought it
};

/// What it means for an SLO that a source was read and had none of its series.
enum class Absence : std::uint8_t { no_events, nothing_known };

/// What differs between the ways in which samples come, beside the format of the bytes: one value
/// for each kind, which answers every question.
struct SourceKind {
  /// Stands for the kind in stored state. It never changes, because the state of earlier versions
  /// is compared with it.
  std::string_view state_text;

  Birth birth;
  Timing timing;
  Absence absence;
  /// A label that a series has of its own beats a target label of the same name, which else renames
  /// it to exported_<name>.
  bool exposed_labels_win;
  /// slod itself says how the scrape went: `up`, `scrape_duration_seconds` and so on.
  bool has_scrape_report;
  /// All series end when the source cannot be read. Else what it said last stays true until it says
  /// otherwise.
  bool ends_series_on_failure;
  /// A series whose samples have timestamps of their own ends when it is gone. Else it is left to
  /// its age.
  bool ends_series_with_timestamps;

  bool operator==(const SourceKind&) const = default;
};

/// A target: a process whose page of metrics slod scrapes itself.
/// Source of the staleness: Prometheus, scrape/scrape.go, scrapeLoop.
inline constexpr SourceKind target_kind{
    .state_text = "honor_labels=false is_federation=false",
    .birth = Birth::counts_from_zero,
    .timing = Timing::by_reads,
    .absence = Absence::no_events,
    .exposed_labels_win = false,
    .has_scrape_report = true,
    .ends_series_on_failure = true,
    .ends_series_with_timestamps = false,
};

/// A server that scraped the targets, and is asked for their series through /federate.
inline constexpr SourceKind server_kind{
    .state_text = "honor_labels=true is_federation=true",
    .birth = Birth::counts_where_target_is_known,
    .timing = Timing::by_samples,
    .absence = Absence::nothing_known,
    .exposed_labels_win = true,
    .has_scrape_report = false,
    .ends_series_on_failure = false,
    .ends_series_with_timestamps = true,
};

/// A longer step in time than this is no measured time. By samples it is Prometheus's lookback at
/// least, since a series whose target is gone stays on a server's page for that long.
inline Duration longest_step(Timing timing, Duration interval) {
  constexpr Duration lookback = std::chrono::minutes(5);
  const Duration two_and_a_half = interval * 5 / 2;
  return timing == Timing::by_samples ? std::max(lookback, two_and_a_half) : two_and_a_half;
}

/// One source, as the configuration has it.
struct SourceOptions {
  SourceKind kind = target_kind;
  Labels target_labels = {};                     ///< added to every series
  Duration interval = std::chrono::seconds(15);  ///< between reads; > 0
  std::size_t sample_limit = 0;  ///< samples on a page, demanded or not; 0 is no limit
  bool honor_timestamps = true;  ///< false: a sample is of the time at which it was read
  /// Labels that tell replicas of one series apart, and are no part of it.
  std::vector<std::string> replica_labels = {};

  bool operator==(const SourceOptions&) const = default;
};

}  // namespace slod
