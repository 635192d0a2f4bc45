// Ninety days of a service, read every 15 seconds, against a naive oracle.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using freeze::Level;

constexpr std::int64_t read_seconds = 15;
constexpr std::int64_t reads_per_day = 86'400 / read_seconds;
constexpr std::int64_t days = 90;
constexpr std::int64_t window_reads = 7 * reads_per_day;
constexpr double objective = 0.99;

constexpr const char* yaml = R"(
scrape: [{job: api, targets: ['a:1', 'b:1', 'c:1']}]
services:
  - name: api
    slos:
      - name: availability
        objective: 99%
        window: 7d
        availability: {total: requests, bad: 'requests{code="500"}'}
)";

/// Requests.
struct Happened {
  double total = 0;
  double bad = 0;

  void operator+=(const Happened& more) {
    total += more.total;
    bad += more.bad;
  }
};

/// One process that serves requests: its counters begin at zero with each deploy, and its series
/// then carry another version.
struct Process {
  int version = 1;
  double good = 0;
  double bad = 0;
  Happened unread;  ///< since its last page

  void deploy() {
    ++version;
    good = 0;
    bad = 0;
  }
  void count(const Happened& happened) {
    good += happened.total - happened.bad;
    bad += happened.bad;
    unread += happened;
  }
  std::string page() const {
    return fmt::format(
        "# TYPE requests counter\nrequests{{version=\"{0}\",code=\"200\"}} {1}\n"
        "requests{{version=\"{0}\",code=\"500\"}} {2}\nother_total 5\n",
        version, good, bad);
  }
};

/// The oracle: cumulative counts at each read, from which any window follows.
class Sums {
 public:
  void add(const Happened& now) {
    total_.push_back(total_.back() + now.total);
    bad_.push_back(bad_.back() + now.bad);
  }
  /// The last `reads` intervals until the newest one.
  Happened last(std::int64_t reads) const {
    const std::size_t newest = total_.size() - 1;
    const std::size_t from = newest - std::min(newest, static_cast<std::size_t>(reads));
    return {total_[newest] - total_[from], bad_[newest] - bad_[from]};
  }

 private:
  std::vector<double> total_{0};
  std::vector<double> bad_{0};
};

/// A simulated life of the service. Gaps in reading end before the next deploy, so that the
/// counters go on over each and every event is known in the end.
class Life {
 public:
  explicit Life(unsigned seed) : random_(seed) {}

  /// Requests of one process in interval `n`: none at night, errors in two outages.
  Happened serve(std::int64_t n) {
    const double hour = static_cast<double>(n % reads_per_day) / reads_per_day * 24;
    if (hour < 5) return {};
    const double rate = 20 + 15 * std::sin((hour - 8) / 24 * 6.283);
    const double total = std::floor(rate + random_() % 10);
    const double day = static_cast<double>(n) / reads_per_day;
    const bool is_outage = (day > 30.5 && day < 30.6) || (day > 62.4 && day < 62.45);
    const double bad = is_outage ? std::floor(total * 0.9) : (random_() % 40 == 0 ? 1.0 : 0.0);
    return {total, std::min(total, bad)};
  }
  bool deploys(std::int64_t n) const { return n % (2 * reads_per_day) == reads_per_day / 2; }
  /// A part of an hour, each day at another time, in which one process cannot be read.
  bool hides(std::int64_t n, std::size_t process) const {
    const std::int64_t day = n / reads_per_day;
    const std::int64_t begin = reads_per_day * (60 + (day * 7) % 30) / 100;
    const std::int64_t within = n % reads_per_day - begin;
    return day % 3 == static_cast<std::int64_t>(process) && within >= 0 && within < 100;
  }

 private:
  std::mt19937 random_;
};

/// Whether the level is what the oracle's budget says, give or take the blur of the far edge.
bool is_plausible(Level level, double spent, double blur) {
  const bool may_be_open = spent <= 0.5 + blur;
  const bool may_freeze_features = spent >= 0.48 - blur && spent <= 1 + blur;
  const bool may_be_shut = spent >= 0.98 - blur;
  return level == Level::open             ? may_be_open
         : level == Level::feature_freeze ? may_freeze_features
                                          : may_be_shut;
}

/// The engine and the oracle, side by side.
class Simulation {
 public:
  explicit Simulation(unsigned seed) : life_(seed) {}

  /// What happens in interval `n`, and the reads at its end.
  void live(std::int64_t n) {
    const Instant now = at(static_cast<double>(n * read_seconds));
    Happened read;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      Process& process = processes_[i];
      const Happened happened = life_.serve(n);
      if (life_.deploys(n + static_cast<std::int64_t>(i) * 8)) process.deploy();
      process.count(happened);
      if (life_.hides(n, i)) {
        ++hidden_;
        world_.fail(names_[i], now);
        continue;
      }
      world_.page(names_[i], process.page(), now);
      if (n > 0) read += process.unread;
      process.unread = {};
    }
    if (n > 0) known_.add(read);
  }

  /// The engine's step after interval `n`, held against the oracle.
  void judge(std::int64_t n) {
    world_.step(at(static_cast<double>(n * read_seconds)));
    const Happened window = known_.last(window_reads);
    const double share = static_cast<double>(std::min(n, window_reads)) / window_reads;
    const double allowed = (1 - objective) * window.total / share;
    const double spent = window.total > 0 ? window.bad / allowed : 0;
    // What lies in the slice that the window's far edge cuts may count on either side.
    const std::int64_t slice = window_reads / 256 + 1;
    const double blurred =
        known_.last(window_reads + slice).bad - known_.last(window_reads - slice).bad;
    const double blur = n > window_reads ? blurred / allowed + 0.005 : 0.005;
    const Level level = world_.engine().snapshot()->services[0].level;
    frozen_minutes_ += level != Level::open ? 1 : 0;
    ASSERT_TRUE(is_plausible(level, spent, blur))
        << "read " << n << ": " << to_string(level) << " with " << spent << " spent";
    if (n % 1024 != 1023) return;
    const SloSnapshot& slo = world_.slo("api", "availability");
    ASSERT_NEAR(slo.budget.spent_ratio.value_or(0), spent, blur) << "read " << n;
    const Happened all = known_.last(n);
    ASSERT_NEAR(slo.lifetime.total, all.total, 1e-9 * all.total) << "read " << n;
    ASSERT_NEAR(slo.lifetime.bad, all.bad, 1e-9 * all.total) << "read " << n;
    world_.commit();
  }

  World& world() { return world_; }
  std::int64_t frozen_minutes() const { return frozen_minutes_; }
  double hidden_ratio(std::int64_t reads) const {
    return static_cast<double>(hidden_) / static_cast<double>(3 * reads);
  }

 private:
  const std::array<std::string, 3> names_{"scrape/api/a:1", "scrape/api/b:1", "scrape/api/c:1"};
  Life life_;
  std::array<Process, 3> processes_;
  World world_{yaml, at(0)};
  Sums known_;
  std::int64_t frozen_minutes_ = 0;
  std::int64_t hidden_ = 0;
};

TEST(Simulation, AgreesWithANaiveOracleForNinetyDays) {
  constexpr unsigned seed = 7;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Simulation simulation(seed);
  for (std::int64_t n = 0; n < days * reads_per_day; ++n) {
    simulation.live(n);
    if (n % 4 != 3) continue;
    simulation.judge(n);
    if (HasFatalFailure()) return;
  }
  // Two outages that each spend the budget of seven days freeze for about as long.
  EXPECT_GT(simulation.frozen_minutes(), 2 * 6 * 1440);
  EXPECT_LT(simulation.frozen_minutes(), 2 * 8 * 1440);
  World& world = simulation.world();
  world.commit();
  EXPECT_GE(world.tables().verdicts.size(), 4U);
  EXPECT_EQ(world.tables().verdicts.back().to, "open");
  for (const auto& [id, times] : world.tables().messages) EXPECT_EQ(times, 1) << id;
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 1 - simulation.hidden_ratio(days * reads_per_day),
              0.002);
  EXPECT_NEAR(slo.budget.spent_worst_ratio.value(), slo.budget.spent_ratio.value(), 1e-3)
      << "every gap ended with counters that had gone on";
}

}  // namespace
}  // namespace slod
