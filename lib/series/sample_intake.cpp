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

/// The sample series of a reader's series. Where there is no room it is none, and is asked for
/// again with the next sample.
SampleIntake::Known& SampleIntake::known(Source& source, const SourceReader& reader,
                                         std::uint32_t series) {
  if (series >= source.known.size()) source.known.resize(series + 1);
  Known& known = source.known[series];
  if (samples_.knows(known.series)) return known;
  Series named = reader.series(series);
  named.labels.set("__name__", named.metric);
  known.key_hash = reader.key_hash(series);
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
  if (source.options.is_federation || !series.has_timestamp) samples_.end(series.series, at);
}

/// Ends the series that the reader does not have any more, because nobody demands them or because
/// they were gone for long. Their indices may be other series's.
void SampleIntake::end_dropped(Source& source, const SourceReader& reader, Instant at) {
  if (std::exchange(source.version, reader.series_version()) == reader.series_version()) return;
  for (std::uint32_t i = 0; i < source.known.size(); ++i) {
    if (reader.knows(i) && reader.key_hash(i) == source.known[i].key_hash) continue;
    end(source, source.known[i], at);
    source.known[i] = {};
  }
}

void SampleIntake::read(const std::string& name, const SourceOptions& options,
                        const SourceReader& reader, const Read& read, const ReadAttempt& attempt) {
  Source& from = source(name, options);
  end_dropped(from, reader, attempt.at);
  for (const DemandedSample& sample : read.demanded_samples) {
    if (!reader.knows(sample.series)) continue;
    Known& series = known(from, reader, sample.series);
    series.has_timestamp = sample.has_timestamp;
    samples_.append(series.series, sample.at, sample.value);
  }
  for (const std::uint32_t series : read.ended) {
    if (series < from.known.size()) end(from, from.known[series], attempt.at);
  }
  report(from, attempt, &read);
}

void SampleIntake::failed(const std::string& name, const SourceOptions& options,
                          const ReadAttempt& attempt) {
  Source& from = source(name, options);
  // What a server told stays true until it tells otherwise; of a target's series nothing is known.
  if (!options.is_federation) {
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

void SampleIntake::report(Source& source, const ReadAttempt& attempt, const Read* read) {
  if (source.options.is_federation) return;
  const auto count = [read](std::size_t Read::* field) {
    return read == nullptr ? 0.0 : static_cast<double>(read->*field);
  };
  const std::array<double, report_names> values{read == nullptr ? 0.0 : 1.0, seconds(attempt.took),
                                                count(&Read::samples), count(&Read::samples),
                                                count(&Read::added)};
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
