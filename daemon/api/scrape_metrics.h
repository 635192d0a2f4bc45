#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <map>
#include <string>

#include "lib/time/instant.h"

namespace slod {

/// One attempt to read a source.
struct ScrapeFigures {
  bool up = false;
  Duration took{};
  std::size_t body_bytes = 0;
  std::size_t samples = 0;   ///< on the page
  std::size_t demanded = 0;  ///< of these, of series that an SLO or a rule needs
  std::size_t ignored = 0;   ///< NaN, infinite, negative, out of order, duplicated
};

/// How the reads of each source go. The registry must outlive it.
class ScrapeMetrics {
 public:
  explicit ScrapeMetrics(prometheus::Registry& registry);

  void record(const std::string& source, const ScrapeFigures& figures);
  /// The other sources are no longer shown.
  void forget_except(const std::map<std::string, bool>& sources);

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
  };

  Instruments& of(const std::string& source);

  prometheus::Family<Gauge>& up_;
  prometheus::Family<Gauge>& took_;
  prometheus::Family<Gauge>& bytes_;
  prometheus::Family<Gauge>& samples_;
  prometheus::Family<Gauge>& demanded_;
  prometheus::Family<Counter>& attempts_;
  prometheus::Family<Counter>& failures_;
  prometheus::Family<Counter>& ignored_;
  std::map<std::string, Instruments> by_source_;
};

}  // namespace slod
