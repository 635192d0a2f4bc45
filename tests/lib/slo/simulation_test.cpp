// Ninety days of a service's life at one scrape every 15 seconds: busy days and idle nights,
// outages, restarts of targets, gaps that are recovered and gaps that are lost.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "lib/slo/budget.h"
#include "lib/slo/ledger.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};
constexpr Duration interval = 15s;
constexpr int steps = 90 * 86'400 / 15;

/// Cumulative sums by step: exact, as all events here are whole numbers.
struct Sums {
  double total = 0;
  double bad = 0;
  double measured_steps = 0;
  double unknown_steps = 0;
};

struct Service {
  explicit Service(std::uint32_t seed) : random(seed) {}

  bool chance(int one_in) { return std::uniform_int_distribution(1, one_in)(random) == 1; }
  int between(int low, int high) { return std::uniform_int_distribution(low, high)(random); }

  /// The events of one step.
  Events live(int step) {
    if (outage_left > 0) --outage_left;
    if (chance(40'000)) outage_left = between(10, 400);
    const int hour = step / 240 % 24;
    const bool idle_night = hour < 4 && step / 5760 % 3 == 0;
    if (idle_night) return {};
    const double total = between(0, hour < 7 ? 20 : 2000);
    const double bad = outage_left > 0 ? std::floor(total / 2) : between(0, 1);
    return {total, std::min(total, bad)};
  }

  std::mt19937 random;
  int outage_left = 0;
};

/// Lives the ninety days. `sums[n]` is everything after n steps.
void live(Service& service, Ledger& ledger, std::vector<Sums>& sums) {
  ledger.begin(day_one);
  sums.assign(1, {});
  sums.reserve(steps + 1);
  int unread = 0;  // steps since the last read
  int gap_left = 0;
  bool lost = false;  // the gap's events: their target restarted in it
  Events pending;
  for (int step = 0; step < steps; ++step) {
    const Events events = service.live(step);
    if (gap_left == 0 && service.chance(5'000)) {
      gap_left = service.between(1, 2'000);
      lost = service.chance(2);
    }
    ++unread;
    Sums now = sums.back();
    pending.total += events.total;
    pending.bad += events.bad;
    if (gap_left > 0 && --gap_left > 0) {
      sums.push_back(now);
      continue;
    }
    const Interval when{day_one + (step + 1 - unread) * interval, day_one + (step + 1) * interval};
    const bool gap = unread > 1;
    const bool lose = gap && lost;
    const Events counted = lose ? events : pending;
    ledger.record(lose ? Interval{when.end - interval, when.end} : when, counted);
    if (gap) ledger.account({when.begin, when.end - interval}, 0, lose ? 1 : 0);
    ledger.account({when.end - interval, when.end}, 1, 0);

    // The oracle spreads as it was told to: evenly over the steps since the last read.
    const Sums before = sums[static_cast<std::size_t>(step + 1 - unread)];
    for (int back = 1; back < unread; ++back) {
      Sums& between = sums[static_cast<std::size_t>(step + 1 - back)];
      const double share = lose ? 0 : static_cast<double>(unread - back) / unread;
      between.total = before.total + counted.total * share;
      between.bad = before.bad + counted.bad * share;
      between.unknown_steps = before.unknown_steps + (lose ? unread - back : 0);
    }
    now.total = before.total + counted.total;
    now.bad = before.bad + counted.bad;
    now.measured_steps = before.measured_steps + 1;
    now.unknown_steps = before.unknown_steps + (lose ? unread - 1 : 0);
    sums.push_back(now);
    pending = {};
    unread = 0;
  }
}

bool within(double low, double value, double high, double rounding) {
  return low - rounding <= value && value <= high + rounding;
}

TEST(LedgerSimulation, NinetyDaysAgreeWithANaiveSum) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Service service(seed);
    Ledger ledger(interval, 90 * days(1));
    std::vector<Sums> sums;
    live(service, ledger, sums);
    const Sums& all = sums.back();
    const double rounding = 1e-9 * all.total;
    EXPECT_NEAR(ledger.lifetime().total, all.total, rounding);
    EXPECT_NEAR(ledger.lifetime().bad, all.bad, rounding);
    const Instant now = *ledger.observed_until();
    const int last = static_cast<int>((now - day_one) / interval);
    for (int question = 0; question < 3000; ++question) {
      const int back = service.between(1, last);
      const Tally tally = ledger.over({now - back * interval, now});
      EXPECT_LE(tally.edge_blur_seconds, std::max(15.0, back * 15 / 127.0));
      const int blur = static_cast<int>(tally.edge_blur_seconds / 15);
      const auto since = [&](int step) {
        const Sums& before = sums[static_cast<std::size_t>(std::clamp(step, 0, last))];
        return Sums{all.total - before.total, all.bad - before.bad,
                    all.measured_steps - before.measured_steps,
                    all.unknown_steps - before.unknown_steps};
      };
      const Sums least = since(last - back + blur);
      const Sums most = since(last - back - blur);
      EXPECT_PRED4(within, least.total, tally.total, most.total, rounding) << back;
      EXPECT_PRED4(within, least.bad, tally.bad, most.bad, rounding) << back;
      EXPECT_PRED4(within, least.measured_steps * 15, tally.measured_seconds,
                   most.measured_steps * 15, 0.02);
      EXPECT_PRED4(within, least.unknown_steps * 15, tally.unknown_seconds, most.unknown_steps * 15,
                   0.02);
      if (HasFailure()) return;
    }
  }
}

TEST(LedgerSimulation, BudgetsAgreeWithANaiveSum) {
  Service service(7);
  Ledger ledger(interval, 30 * days(1));
  std::vector<Sums> sums;
  live(service, ledger, sums);
  SloDefinition definition;
  definition.objective = 0.99;
  const Instant now = *ledger.observed_until();
  const Budget budget = slod::budget(ledger, definition, now);
  EXPECT_EQ(budget.basis, Basis::complete);
  const int last = static_cast<int>((now - day_one) / interval);
  const int blur = static_cast<int>(budget.edge_blur_seconds / 15);
  const auto since = [&](int step) {
    const Sums& before = sums[static_cast<std::size_t>(step)];
    return Events{sums.back().total - before.total, sums.back().bad - before.bad};
  };
  const Events least = since(last - 30 * 5760 + blur);
  const Events most = since(last - 30 * 5760 - blur);
  EXPECT_PRED4(within, least.total, budget.total, most.total, 1e-3);
  EXPECT_PRED4(within, least.bad, budget.bad, most.bad, 1e-3);
  EXPECT_PRED4(within, least.bad / (0.01 * most.total), *budget.spent_ratio,
               most.bad / (0.01 * least.total), 1e-9);
  EXPECT_GE(*budget.spent_worst_ratio, *budget.spent_ratio);
}

}  // namespace
}  // namespace slod
