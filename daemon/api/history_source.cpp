#include "daemon/api/history_source.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <future>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/memory/memory_meter.h"
#include "lib/engine/history.h"
#include "lib/series/recent_samples.h"
#include "lib/series/state_bytes.h"
#include "lib/series/stored_samples.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr auto wait_max = 5s;
constexpr auto look_at_stop_every = 10ms;
/// Rows that one request of the store reads: a few milliseconds.
constexpr std::int64_t rows_per_request = 1500;
/// Samples that one selection reads, 16 bytes each.
constexpr std::size_t samples_max = 25'000'000;

struct Series {
  std::int64_t id = 0;
  Labels labels;  ///< with __name__
};

/// Waits for the store. Nullopt where a stop is requested first.
template <class T>
std::optional<std::expected<T, std::string>> wait(std::future<std::expected<T, std::string>> answer,
                                                  const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  while (answer.wait_for(look_at_stop_every) != std::future_status::ready) {
    if (stop.stop_requested()) return std::nullopt;
    if (std::chrono::steady_clock::now() >= deadline) {
      return std::unexpected("the disk did not answer within 5 s");
    }
  }
  return answer.get();
}

class HistorySource : public SampleSource {
 public:
  HistorySource(Store& store, Interval range, std::stop_token stop)
      : store_(store), range_(range), stop_(std::move(stop)) {}

  void find(const std::string& metric) {
    const auto found = taken(wait(store_.history_series(metric, history_day(range_.begin)), stop_));
    if (!found) return;
    for (const HistorySeries& series : *found) {
      auto named = ByteReader(series.key).series();
      if (!named) {
        give_up("a series has a name that cannot be read");
        continue;
      }
      named->labels.set("__name__", named->metric);
      series_.push_back({series.id, std::move(named->labels)});
    }
  }

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& is_unwanted) const override {
    range = {std::max(range.begin, range_.begin), std::min(range.end, range_.end)};
    std::vector<SampleRun> runs;
    if (range.begin >= range.end) return runs;
    std::vector<const Series*> wanted;
    for (const Series& series : series_) {
      if (satisfies(series.labels, matchers)) wanted.push_back(&series);
    }
    const std::int64_t days = history_day(range.end) - history_day(range.begin) + 1;
    const auto batch =
        static_cast<std::size_t>(std::clamp<std::int64_t>(rows_per_request / days, 1, 500));
    std::size_t samples = 0;
    for (std::span<const Series* const> left = wanted; !left.empty();) {
      const auto now = left.first(std::min(batch, left.size()));
      left = left.subspan(now.size());
      if (is_unwanted && is_unwanted()) break;
      if (!read(now, range, runs, samples)) break;
    }
    return runs;
  }

  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& /*is_unwanted*/) const override {
    std::vector<Labels> found;
    if (range.begin > range_.end) return found;
    for (const Series& series : series_) {
      if (satisfies(series.labels, matchers)) found.push_back(series.labels);
    }
    return found;
  }

 private:
  /// Reads the rows of some series. False: no more is to be read.
  bool read(std::span<const Series* const> wanted, Interval range, std::vector<SampleRun>& runs,
            std::size_t& samples) const {
    std::vector<std::int64_t> ids;
    for (const Series* series : wanted) ids.push_back(series->id);
    auto rows = taken(
        wait(store_.history_rows(std::move(ids), history_day(range.begin), history_day(range.end)),
             stop_));
    if (!rows) return false;
    adopt(*rows);
    std::size_t next = 0;
    for (const Series* series : wanted) {
      SampleRun run;
      for (; next < rows->size() && (*rows)[next].series == series->id; ++next) {
        if (!read_stored((*rows)[next].samples, range, run.times, run.values)) {
          give_up("a day of a series is damaged");
        }
      }
      if (run.times.empty()) continue;
      samples += run.times.size();
      run.labels = series->labels;
      runs.push_back(std::move(run));
    }
    if (samples <= samples_max) return true;
    give_up("a selection has more than 25 million samples");
    return false;
  }

  /// The store's thread allocated the rows; they are the query's from now on.
  static void adopt(const std::vector<HistoryRow>& rows) {
    std::size_t bytes = rows.capacity() * sizeof(HistoryRow);
    for (const HistoryRow& row : rows) bytes += row.samples.capacity();
    MemoryMeter::adopt(bytes);
  }

  /// What was waited for, if it is there.
  template <class T>
  std::optional<T> taken(std::optional<std::expected<T, std::string>> answer) const {
    if (!answer) return std::nullopt;
    if (*answer) return std::move(**answer);
    give_up(answer->error());
    return std::nullopt;
  }

  /// Says once that something is left out, and why.
  void give_up(std::string_view why) const {
    if (warned_.exchange(true)) return;
    log::warning("a query leaves out history that cannot be read", {{"error", why}});
  }

  Store& store_;
  Interval range_;
  std::stop_token stop_;
  std::vector<Series> series_;
  mutable std::atomic<bool> warned_ = false;
};

}  // namespace

std::vector<std::string> history_metrics(std::span<const std::vector<promql::Matcher>> selections) {
  std::vector<std::string> metrics;
  for (const auto& matchers : selections) {
    const std::string* name = named_metric(matchers);
    if (name == nullptr) return {std::string()};
    if (has_history(*name) && std::ranges::find(metrics, *name) == metrics.end()) {
      metrics.push_back(*name);
    }
  }
  return metrics;
}

std::shared_ptr<const SampleSource> open_history(Store& store, std::span<const std::string> metrics,
                                                 Interval range, std::stop_token stop) {
  auto source = std::make_shared<HistorySource>(store, range, std::move(stop));
  for (const std::string& metric : metrics) source->find(metric);
  return source;
}

}  // namespace slod
