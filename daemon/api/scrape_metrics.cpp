#include "daemon/api/scrape_metrics.h"

#include "daemon/api/registry_families.h"

namespace slod {

ScrapeMetrics::ScrapeMetrics(prometheus::Registry& registry)
    : up_(gauges(registry, "slod_scrape_up", "Whether the last scrape of a source succeeded.")),
      took_(gauges(registry, "slod_scrape_duration_seconds", "How long the last scrape took.")),
      bytes_(gauges(registry, "slod_scrape_body_bytes", "Size of the last page, decompressed.")),
      samples_(gauges(registry, "slod_scrape_samples_scraped", "Samples on the last page.")),
      demanded_(gauges(registry, "slod_scrape_samples_demanded",
                       "Of these, of series that an SLO or a rule needs.")),
      attempts_(counters(registry, "slod_scrapes_total", "Scrapes of a source.")),
      failures_(counters(registry, "slod_scrape_failures_total", "Scrapes that failed.")),
      ignored_(counters(registry, "slod_scrape_samples_ignored_total",
                        "Samples without a usable value.")),
      skew_(gauges(registry, "slod_scrape_clock_skew_seconds",
                   "How far the clock of a source is ahead of that of slod.")),
      judgements_(counters(registry, "slod_scrape_judgements_total",
                           "Samples that did not simply go on, by the rule that decided.")) {}

/// It has no series until it is known.
void ScrapeMetrics::set_skew(const std::string& source, Instruments& instruments, Duration skew) {
  if (!instruments.skew) instruments.skew = &skew_.Add({{"source", source}});
  instruments.skew->Set(seconds(skew));
}

void ScrapeMetrics::count_judgements(const std::string& source, Instruments& instruments,
                                     const RuleCounts& rules) {
  for (std::size_t i = 0; i < all_rules.size(); ++i) {
    const std::size_t samples = rules.of(all_rules[i]);
    if (samples == 0) continue;
    Counter*& counter = instruments.judgements[i];
    if (!counter) {
      const std::string rule(to_string(all_rules[i]));
      counter = &judgements_.Add({{"source", source}, {"rule", rule}});
    }
    counter->Increment(static_cast<double>(samples));
  }
}

ScrapeMetrics::Instruments& ScrapeMetrics::of(const std::string& source) {
  const auto found = by_source_.find(source);
  if (found != by_source_.end()) return found->second;
  const prometheus::Labels labels{{"source", source}};
  const Instruments added{up_.Add(labels),
                          took_.Add(labels),
                          bytes_.Add(labels),
                          samples_.Add(labels),
                          demanded_.Add(labels),
                          attempts_.Add(labels),
                          failures_.Add(labels),
                          ignored_.Add(labels),
                          nullptr,
                          {}};
  return by_source_.emplace(source, added).first->second;
}

void ScrapeMetrics::record(const std::string& source, const LastScrape& scrape) {
  Instruments& instruments = of(source);
  instruments.up.Set(scrape.succeeded() ? 1 : 0);
  instruments.took.Set(seconds(scrape.took));
  instruments.bytes.Set(static_cast<double>(scrape.body_bytes));
  instruments.samples.Set(static_cast<double>(scrape.samples));
  instruments.demanded.Set(static_cast<double>(scrape.demanded));
  instruments.attempts.Increment();
  instruments.failures.Increment(scrape.succeeded() ? 0 : 1);
  instruments.ignored.Increment(static_cast<double>(scrape.ignored));
  if (scrape.clock_skew) set_skew(source, instruments, *scrape.clock_skew);
  count_judgements(source, instruments, scrape.rules);
}

void ScrapeMetrics::forget_except(const LastScrapes& scrapes) {
  std::erase_if(by_source_, [&](const auto& entry) {
    const auto& [source, instruments] = entry;
    if (scrapes.contains(source)) return false;
    up_.Remove(&instruments.up);
    took_.Remove(&instruments.took);
    bytes_.Remove(&instruments.bytes);
    samples_.Remove(&instruments.samples);
    demanded_.Remove(&instruments.demanded);
    attempts_.Remove(&instruments.attempts);
    failures_.Remove(&instruments.failures);
    ignored_.Remove(&instruments.ignored);
    if (instruments.skew) skew_.Remove(instruments.skew);
    for (Counter* counter : instruments.judgements) {
      if (counter) judgements_.Remove(counter);
    }
    return true;
  });
}

}  // namespace slod
