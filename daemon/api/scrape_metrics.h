#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <map>
#include <string>

#include "daemon/ingest/scrape_board.h"

namespace slod {

/// How the scrapes of each source go. The registry must outlive it.
class ScrapeMetrics {
 public:
  explicit ScrapeMetrics(prometheus::Registry& registry);

  void record(const std::string& source, const LastScrape& scrape);
  /// The other sources are no longer shown.
  void forget_except(const LastScrapes& scrapes);

 private:
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;

  /// The instruments of one source.
  struct Instruments {
    Gauge& up;
    Gauge& took;
    Gauge& bytes;
    Gauge& samples;
    Gauge& demanded;
    Counter& attempts;
    Counter& failures;
    Counter& ignored;
    Gauge* skew;  ///< null until it is known
    /// By rule; null until it decided anything.
    std::array<Counter*, all_rules.size()> judgements;
  };

  Instruments& of(const std::string& source);
  void set_skew(const std::string& source, Instruments& instruments, Duration skew);
  void count_judgements(const std::string& source, Instruments& instruments,
                        const RuleCounts& rules);

  prometheus::Family<Gauge>& up_;
  prometheus::Family<Gauge>& took_;
  prometheus::Family<Gauge>& bytes_;
  prometheus::Family<Gauge>& samples_;
  prometheus::Family<Gauge>& demanded_;
  prometheus::Family<Counter>& attempts_;
  prometheus::Family<Counter>& failures_;
  prometheus::Family<Counter>& ignored_;
  prometheus::Family<Gauge>& skew_;
  prometheus::Family<Counter>& judgements_;
  std::map<std::string, Instruments> by_source_;
};

}  // namespace slod
