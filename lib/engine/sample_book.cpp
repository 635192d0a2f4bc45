#include "lib/engine/sample_book.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "lib/engine/expression_needs.h"

namespace slod {

void SampleBook::reconfigure(const config::Config& config, const Plan& plan, Instant now) {
  std::map<std::string, SourceOptions> sources;
  for (const SourcePlan& source : plan.sources) sources.emplace(source.name, source.options);
  intake_.keep_only(sources, now);
  recent_.set_limits({.retention = config.query.retention,
                      .bytes_max = static_cast<std::size_t>(config.query.memory_bytes)});
  std::vector<promql::Selector> selectors;
  std::vector<Duration> reaches;
  for (NeededSeries& needed : needed_series(config)) {
    selectors.push_back(std::move(needed.selector));
    reaches.push_back(needed.reach);
  }
  recent_.set_needs(Demand(std::move(selectors)), std::move(reaches));
}

void SampleBook::record_scrape(const SourcePlan& source, const SeriesBook& book,
                               const BatchResult& result, const ScrapeAttempt& attempt) {
  intake_.record_scrape(source.name, book, result, attempt);
}

void SampleBook::record_failure(const SourcePlan& source, const ScrapeAttempt& attempt) {
  intake_.record_failure(source.name, source.options, attempt);
}

std::optional<Instant> SampleBook::record_own(std::vector<LabelledSample> own,
                                              std::vector<LabelledSample> alerts, Instant at) {
  own_since_ = std::min(own_since_, at);
  history_.add(own, at);
  std::ranges::move(alerts, std::back_inserter(own));
  own_.append(std::move(own), at);
  return std::exchange(own_at_, at);
}

Instant SampleBook::own_since(Instant now) const {
  return std::max(own_since_, recent_.kept_since(now));
}

}  // namespace slod
