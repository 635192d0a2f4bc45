// The truth lies between the least and the worst, whatever processes do: simulated ones, of which
// it is known what they counted, on pages of their own and over a server.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr double objective = 0.9;

std::string yaml_of(const std::string& source) {
  return source + R"(
services:
  - name: api
    slos:
      - name: slo
        objective: 90%
        window: 1d
        cold_start: observed
        availability: {total: requests, bad: 'requests{code="500"}'}
)";
}

/// What a history does beside counting.
struct Habits {
  bool restarts = false;       ///< processes begin again between reads
  bool shows_start = false;    ///< pages have process_start_time_seconds
  bool is_lazy = false;        ///< a counter appears with its first event
  bool dips = false;           ///< a page is at times of a moment ago
  bool renames = false;        ///< a label of all series changes
  bool shows_history = false;  ///< a counter appears that counted long before
  bool rolls_out = false;      ///< processes are replaced by others with another instance
};

/// One process: its counters by code, and what slod was shown of them.
struct Process {
  std::string instance;
  double start = 0;
  std::map<std::string, double> counters;
  std::map<std::string, double> shown;
  int version = 1;
};

class History {
 public:
  History(const Habits& habits, bool is_server, std::uint64_t seed)
      : habits_(habits),
        is_server_(is_server),
        random_(seed),
        world_(
            yaml_of(is_server ? "prometheus: [{name: p, url: 'http://127.0.0.1:9', interval: 15s}]"
                              : "scrape: [{job: j, targets: ['127.0.0.1:9'], interval: 15s}]"),
            at(0)) {
    const std::size_t count = is_server ? 3 : 1;
    for (std::size_t i = 0; i < count; ++i) processes_.push_back(begun(-10'000));
  }

  /// Twelve hours of reads; says at each whether the truth is within what slod says.
  void run() {
    for (now_ = 15; now_ <= 12 * 3600; now_ += 15) {
      change();
      for (Process& process : processes_) count(process);
      world_.page(is_server_ ? "prometheus/p" : "scrape/j/127.0.0.1:9", page(), at(now_));
      world_.step(at(now_));
      ASSERT_NO_FATAL_FAILURE(compare()) << "at " << now_;
    }
  }

  double width() const {
    const Budget& budget = world_.slo("api", "slo").budget;
    return *budget.spent_worst_ratio - *budget.spent_least_ratio;
  }
  double off() const { return std::abs(*world_.slo("api", "slo").budget.spent_ratio - truth()); }
  double truth() const { return bad_ / ((1 - objective) * total_); }

 private:
  int below(int sides) { return static_cast<int>(random_() % static_cast<std::uint64_t>(sides)); }

  Process begun(double start) {
    Process process;
    process.instance = fmt::format("pod-{}:80", ++begun_);
    process.start = start;
    process.counters["200"] = 0;
    if (start < 0) process.counters["200"] = 1000 + below(1'000'000);
    if (!habits_.is_lazy) process.counters["500"] = start < 0 ? below(5000) : 0;
    return process;
  }

  void change() {
    for (Process& process : processes_) {
      if (habits_.restarts && below(300) == 0) {
        Process next = begun(now_ - below(14));
        next.instance = process.instance;
        next.version = process.version;
        process = std::move(next);
      }
      if (habits_.rolls_out && below(400) == 0) process = begun(now_ - below(14));
      if (habits_.renames && below(500) == 0) ++process.version;
      if (habits_.shows_history && !process.counters.contains("404") && below(500) == 0) {
        process.counters["404"] = 50'000 + below(1'000'000);
      }
    }
  }

  void count(Process& process) {
    process.counters["200"] += 50 + below(100);
    const bool is_outage = static_cast<int>(now_) % 7200 < 600;
    const int errors = is_outage ? below(60) : (below(10) == 0 ? below(3) : 0);
    if (errors > 0 || process.counters.contains("500")) process.counters["500"] += errors;
    if (process.counters.contains("404")) process.counters["404"] += below(5);
  }

  std::string page() {
    std::string text;
    const bool is_first = now_ == 15;
    for (Process& process : processes_) {
      std::string labels = fmt::format("version=\"{}\"", process.version);
      if (is_server_) labels += fmt::format(",job=\"j\",instance=\"{}\"", process.instance);
      const auto stamp = is_server_ ? fmt::format(" {}", ms(now_ - 5)) : "";
      const bool dips = habits_.dips && !is_first && below(200) == 0;
      for (const auto& [code, value] : process.counters) {
        double& shown = process.shown[code];
        const double now = dips && shown >= 2 ? shown - below(3) : value;
        text += fmt::format("requests{{code=\"{}\",{}}} {}{}\n", code, labels, now, stamp);
        const bool is_history = code == "404" && shown == 0;
        if (now < shown) continue;
        if (!is_first && !is_history) note(code, now - shown);
        shown = now;
      }
      if (habits_.shows_start) {
        text += fmt::format("process_start_time_seconds{{{}}} {}{}\n", labels,
                            static_cast<double>(ms(process.start)) / 1000, stamp);
      }
    }
    return text;
  }

  static std::int64_t ms(double second) { return at(second).time_since_epoch().count(); }

  void note(const std::string& code, double events) {
    total_ += events;
    if (code == "500") bad_ += events;
  }

  void compare() const {
    const Budget& budget = world_.slo("api", "slo").budget;
    if (total_ == 0 || !budget.spent_ratio) return;
    ASSERT_LE(*budget.spent_least_ratio, *budget.spent_ratio);
    ASSERT_LE(*budget.spent_ratio, *budget.spent_worst_ratio);
    ASSERT_LE(*budget.spent_least_ratio, truth() + 1e-9);
    ASSERT_GE(*budget.spent_worst_ratio, truth() - 1e-9);
  }

  Habits habits_;
  bool is_server_;
  std::mt19937_64 random_;
  World world_;
  std::vector<Process> processes_;
  int begun_ = 0;
  double now_ = 0;
  double total_ = 0;
  double bad_ = 0;
};

struct Row {
  const char* name;
  Habits habits;
  double width_max;  ///< of least to worst at the end, as a part of the truth
  double off_max;    ///< of the point value
};

void run_rows(const std::vector<Row>& rows, bool is_server) {
  for (const auto& [name, habits, width_max, off_max] : rows) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE(fmt::format("{}, {}, seed {}", is_server ? "server" : "target", name, seed));
      History history(habits, is_server, seed);
      ASSERT_NO_FATAL_FAILURE(history.run());
      EXPECT_LE(history.width() / history.truth(), width_max);
      EXPECT_LE(history.off() / history.truth(), off_max);
      testing::Test::RecordProperty(
          fmt::format("{}_{}_{}", is_server ? "server" : "target", name, seed),
          fmt::format("width {:.5f} off {:.6f}", history.width() / history.truth(),
                      history.off() / history.truth()));
    }
  }
}

TEST(Certainty, HoldsTheTruthOnPagesOfProcesses) {
  run_rows({{"steady", {}, 1e-9, 1e-9},
            {"restarts with start", {.restarts = true, .shows_start = true}, 0.01, 1e-3},
            {"restarts", {.restarts = true}, 1, 0.05},
            {"lazy", {.restarts = true, .shows_start = true, .is_lazy = true}, 0.05, 1e-3},
            {"dips", {.dips = true}, 0.05, 1e-3},
            {"renames", {.renames = true}, 0.05, 1e-3},
            {"history", {.shows_start = true, .shows_history = true}, 2, 0.01},
            {"all",
             {.restarts = true,
              .shows_start = true,
              .is_lazy = true,
              .dips = true,
              .renames = true,
              .shows_history = true},
             2,
             0.05}},
           false);
}

TEST(Certainty, HoldsTheTruthOverAServer) {
  run_rows(
      {{"steady", {}, 1e-9, 1e-9},
       {"rollouts with start", {.shows_start = true, .rolls_out = true}, 0.01, 1e-3},
       {"rollouts", {.rolls_out = true}, 1, 0.02},
       {"lazy rollouts", {.shows_start = true, .is_lazy = true, .rolls_out = true}, 0.05, 1e-3},
       {"restarts", {.restarts = true, .shows_start = true}, 0.01, 1e-3},
       {"dips", {.dips = true}, 0.05, 1e-3},
       {"all",
        {.restarts = true,
         .shows_start = true,
         .is_lazy = true,
         .dips = true,
         .renames = true,
         .shows_history = true,
         .rolls_out = true},
        2,
        0.05}},
      true);
}

}  // namespace
}  // namespace slod
