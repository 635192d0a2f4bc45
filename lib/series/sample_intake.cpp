#include "lib/series/sample_intake.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace slod {
namespace {

constexpr std::array<std::string_view, 5> names_of_report{
    "up", "scrape_duration_seconds", "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling", "scrape_series_added"};

}  // namespace

bool is_scrape_report(std::string_view metric) {
  return std::ranges::find(names_of_report, metric) != names_of_report.end();
}

SampleIntake::Source& SampleIntake::source(const std::string& name, const SourceOptions& options) {
  Source& source = sources_[name];
  source.options = options;
  return source;
}

/// The sample series of a book's series. Where there is no room it is none, and is asked for
/// again with the next sample.
SampleIntake::Known& SampleIntake::known(Source& source, const SeriesBook& book,
                                         std::uint32_t series) {
  if (series >= source.known.size()) source.known.resize(series + 1);
  Known& known = source.known[series];
  if (samples_.knows(known.series)) return known;
  Series named = book.series(series);
  named.labels.set("__name__", named.metric);
  known.key_hash = book.key_hash(series);
  if (const auto found = samples_.find(named.labels)) {
    known.series = *found;
  } else if (samples_.is_full()) {
    ++refused_;
  } else {
    known.series = samples_.series(named.labels);
  }
  return known;
}

void SampleIntake::end(const Source& source, const Known& series, Instant at) {
  if (series.has_timestamp && !source.options.kind.ends_series_with_timestamps) return;
  samples_.end(series.series, at);
}

/// Ends the series that the book no longer has, because they are not demanded or because they were
/// gone for long. Their indices may be other series's.
void SampleIntake::end_dropped(Source& source, const SeriesBook& book, Instant at) {
  if (std::exchange(source.version, book.series_version()) == book.series_version()) return;
  for (std::uint32_t i = 0; i < source.known.size(); ++i) {
    if (book.knows(i) && book.key_hash(i) == source.known[i].key_hash) continue;
    end(source, source.known[i], at);
    source.known[i] = {};
  }
}

void SampleIntake::record_scrape(const std::string& name, const SeriesBook& book,
                                 const BatchResult& result, const ScrapeAttempt& attempt) {
  Source& from = source(name, book.options());
  end_dropped(from, book, attempt.at);
  const SampleBatch& batch = result.batch;
  for (std::size_t i = 0; i < batch.samples.size(); ++i) {
    const BatchSample& sample = batch.samples[i];
    if (!book.knows(sample.series) || batch.is_histogram(i)) continue;
    Known& series = known(from, book, sample.series);
    series.has_timestamp = sample.has_timestamp;
    samples_.append(series.series, sample.at, sample.value);
  }
  for (const std::uint32_t series : result.ended) {
    if (series < from.known.size()) end(from, from.known[series], attempt.at);
  }
  report(from, attempt, &result);
}

void SampleIntake::record_failure(const std::string& name, const SourceOptions& options,
                                  const ScrapeAttempt& attempt) {
  Source& from = source(name, options);
  if (options.kind.ends_series_on_failure) {
    for (const Known& series : from.known) end(from, series, attempt.at);
  }
  report(from, attempt, nullptr);
}

void SampleIntake::keep_only(const std::map<std::string, SourceOptions>& sources, Instant at) {
  std::erase_if(sources_, [&](const auto& entry) {
    const auto kept = sources.find(entry.first);
    if (kept != sources.end() && kept->second == entry.second.options) return false;
    end_all(entry.second, at);
    return true;
  });
}

void SampleIntake::end_all(const Source& source, Instant at) {
  for (const Known& series : source.known) samples_.end(series.series, at);
  for (const SampleSeries series : source.report) samples_.end(series, at);
}

void SampleIntake::report(Source& source, const ScrapeAttempt& attempt, const BatchResult* result) {
  if (!source.options.kind.has_scrape_report) return;
  const auto exposed = result ? static_cast<double>(result->batch.exposed) : 0.0;
  const auto added = result ? static_cast<double>(result->added) : 0.0;
  const std::array<double, report_names> values{result ? 1.0 : 0.0, seconds(attempt.took), exposed,
                                                exposed, added};
  for (std::size_t i = 0; i < report_names; ++i) {
    if (!samples_.knows(source.report[i])) {
      Labels labels = source.options.target_labels;
      labels.set("__name__", names_of_report[i]);
      source.report[i] = samples_.series(labels);
    }
    samples_.append(source.report[i], attempt.at, values[i]);
  }
}

}  // namespace slod
