#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "daemon/api/scrape_metrics.h"
#include "lib/engine/rule_groups.h"
#include "lib/engine/snapshot.h"
#include "lib/time/instant.h"

namespace slod {

/// What is kept for queries.
struct SampleFigures {
  std::size_t series = 0;
  std::size_t memory_bytes = 0;
  Duration kept{};          ///< how far back all that arrived is still here
  std::size_t refused = 0;  ///< samples, since the start, for whose series there was no room
};

/// The metrics of slod. What slod itself counts and measures is in a registry; what the snapshot
/// and the system know is collected when it is asked for. To be used on the loop's thread, but for
/// families() and text().
class Metrics {
 public:
  Metrics();

  /// `route` is a pattern, never a path that a client chose. `method` may be anything; empty for a
  /// request that could not be read.
  void http_request(std::string_view method, std::string_view route, int status,
                    std::chrono::microseconds took);
  void scrape(const std::string& source, const LastScrape& scrape) {
    scrapes_.record(source, scrape);
  }
  /// Sources that are no longer scraped are no longer shown.
  void forget_scrapes_except(const LastScrapes& scrapes) { scrapes_.forget_except(scrapes); }
  void notification(const std::string& receiver, std::string_view result);
  void commit(bool succeeded, Duration took);
  /// A task of slod threw, and is started again.
  void task_failed(std::string_view kind) {
    tasks_failed_.Add({{"task", std::string(kind)}}).Increment();
  }
  /// A commit has been under way for this long; zero: there is none.
  void commit_under_way(Duration so_far);
  void reload(bool succeeded, Instant at);
  /// The engine's step, due once a second or more often, began this late.
  void step_late(std::chrono::duration<double> late) { step_late_.Increment(late.count()); }
  void samples(const SampleFigures& figures);
  void rules(const RuleGroups::Figures& figures);

  /// All that is counted and measured here, and what the snapshot and the process say. May be
  /// called on any thread, as text().
  std::vector<prometheus::MetricFamily> families(const Snapshot& snapshot,
                                                 std::size_t outbox_pending) const;
  /// The same in Prometheus's text format 0.0.4. May be called on any thread.
  std::string text(const std::shared_ptr<const Snapshot>& snapshot,
                   std::size_t outbox_pending) const;

 private:
  /// The instruments of one kind of request, so that a request costs no search by labels.
  struct HttpInstruments {
    prometheus::Counter* requests;
    prometheus::Histogram* duration;
  };

  std::vector<prometheus::MetricFamily> own_families(std::size_t outbox_pending) const;
  std::shared_ptr<const std::string> text_of(const std::shared_ptr<const Snapshot>& snapshot) const;

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& http_requests_;
  prometheus::Family<prometheus::Histogram>& http_duration_;
  prometheus::Family<prometheus::Counter>& notifications_;
  prometheus::Family<prometheus::Counter>& commits_;
  prometheus::Family<prometheus::Counter>& reloads_;
  prometheus::Family<prometheus::Counter>& tasks_failed_;
  prometheus::Counter& step_late_;
  prometheus::Gauge& commit_seconds_;
  prometheus::Gauge& last_commit_successful_;
  prometheus::Gauge& last_reload_at_;
  prometheus::Gauge& last_reload_successful_;
  prometheus::Gauge& query_series_;
  prometheus::Gauge& query_bytes_;
  prometheus::Gauge& query_kept_;
  prometheus::Counter& query_refused_;
  prometheus::Counter& rules_missed_;
  prometheus::Counter& rules_failed_;
  ScrapeMetrics scrapes_{registry_};
  std::map<std::tuple<std::string, std::string, int>, HttpInstruments, std::less<>> http_;
  double last_commit_seconds_ = 0;
  mutable std::mutex text_mutex_;
  mutable std::weak_ptr<const Snapshot> text_source_;  ///< of the next
  mutable std::shared_ptr<const std::string> text_;    ///< the last snapshot's metrics
};

}  // namespace slod
