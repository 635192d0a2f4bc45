#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "lib/engine/rule_groups.h"
#include "lib/engine/snapshot.h"
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

/// What is kept for queries.
struct SampleFigures {
  std::size_t series = 0;
  std::size_t memory_bytes = 0;
  Duration kept{};          ///< how far back all that arrived is still here
  std::size_t refused = 0;  ///< samples, since the start, for whose series there was no room
};

/// What slod counts of itself, and the text of /metrics. To be used on the loop's thread.
class Metrics {
 public:
  Metrics();

  /// `route` is a pattern, never a path that a client chose. `method` may be anything; empty for a
  /// request that could not be read.
  void http_request(std::string_view method, std::string_view route, int status,
                    std::chrono::microseconds took);
  void scrape(const std::string& source, const ScrapeFigures& figures);
  /// Sources that are not read any more are not shown any more.
  void forget_scrapes_except(const std::map<std::string, bool>& sources);
  void notification(const std::string& receiver, std::string_view result);
  void commit(bool succeeded, Duration took);
  /// A commit that has not ended is under way for so long; zero: there is none.
  void commit_under_way(Duration so_far) { commit_under_way_seconds_ = seconds(so_far); }
  void reload(bool succeeded, Instant at);
  /// The engine's step, due once a second or more often, began so late.
  void step_late(std::chrono::duration<double> late) { step_late_seconds_ += late.count(); }
  void samples(const SampleFigures& figures) { samples_ = figures; }
  void rules(const RuleGroups::Figures& figures) { rules_ = figures; }

  /// The counters, and what the snapshot holds.
  std::vector<prometheus::MetricFamily> families(const Snapshot& snapshot,
                                                 std::size_t outbox_pending) const;
  /// The same in Prometheus's text format 0.0.4.
  std::string text(const Snapshot& snapshot, std::size_t outbox_pending) const;

 private:
  struct ScrapeTotals {
    ScrapeFigures last;
    double attempts = 0;
    double failures = 0;
    double ignored = 0;
  };
  /// The instruments of one kind of request, so that a request costs no search by labels.
  struct HttpInstruments {
    prometheus::Counter* requests;
    prometheus::Histogram* duration;
  };

  void show_health(std::vector<prometheus::MetricFamily>& families) const;

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& http_requests_;
  prometheus::Family<prometheus::Histogram>& http_duration_;
  prometheus::Family<prometheus::Counter>& notifications_;
  prometheus::Family<prometheus::Counter>& commits_;
  prometheus::Family<prometheus::Counter>& reloads_;
  std::map<std::tuple<std::string, std::string, int>, HttpInstruments, std::less<>> http_;
  std::map<std::string, ScrapeTotals> scrapes_;
  SampleFigures samples_;
  RuleGroups::Figures rules_;
  double last_commit_seconds_ = 0;
  double commit_under_way_seconds_ = 0;
  bool last_commit_succeeded_ = true;
  double last_reload_seconds_ = 0;
  bool last_reload_succeeded_ = true;
  double step_late_seconds_ = 0;
};

}  // namespace slod
