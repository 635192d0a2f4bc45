#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/series/scraped_source.h"

namespace slod {

inline std::shared_ptr<const Demand> demand_of(const std::vector<std::string>& texts) {
  std::vector<promql::Selector> selectors;
  for (const auto& text : texts) selectors.push_back(promql::parse_selector(text).value());
  return std::make_shared<const Demand>(std::move(selectors));
}

/// Far enough from 1970 that a minute before is no special time.
inline Instant second(double at) {
  return Instant(std::chrono::hours(400'000)) + duration_from_seconds(at);
}

inline double second_of(Instant at) {
  return seconds(at - Instant(std::chrono::hours(400'000)));
}

inline std::string_view to_string(Observation::Kind kind) {
  switch (kind) {
    case Observation::Kind::baseline:
      return "baseline";
    case Observation::Kind::continued:
      return "continued";
    case Observation::Kind::born:
      return "born";
    case Observation::Kind::reset:
      return "reset";
    case Observation::Kind::dip:
      return "dip";
  }
  return "?";
}

inline std::string name_of(const Series& series) {
  return series.metric + (series.labels == Labels() ? "" : to_text(series.labels));
}

/// "a{b="c"} born 7 (0,15]", one for each observation, in their order in the batch.
inline std::vector<std::string> texts_of(const SeriesBook& book, const BatchResult& result) {
  std::vector<std::string> texts;
  for (const auto& observation : result.observations) {
    texts.push_back(fmt::format(
        "{} {} {} ({},{}]", name_of(book.series(observation.series)), to_string(observation.kind),
        observation.events, second_of(observation.when.begin), second_of(observation.when.end)));
  }
  return texts;
}

}  // namespace slod
