// Thirty days, at each read: what the last 7 days spent, against a machine that knows every event.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lib/slo/ledger.h"
#include "tests/lib/slo/lived_histories.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double allowed = 0.001;

double spent(double bad, double total) {
  return total > 0 ? bad / (allowed * total) : 0;
}

struct Largest {
  double difference = 0;  ///< of the budget
  double spent = 0;
  std::size_t memory_bytes = 0;
};

/// Reads at multiples of the interval and `offset`.
Largest live(const LivedHistory& history, Duration offset, int window_reads) {
  const ExactSums exact(history.reads);
  Ledger ledger(read_interval, days(30));
  Instant at = day_one + offset;
  ledger.begin(at);
  Largest largest;
  for (int read = 0; read < reads_lived; ++read) {
    const Interval when{at, at + read_interval};
    at = when.end;
    ledger.record(when, history.reads[static_cast<std::size_t>(read)]);
    ledger.account(when, 1, 0);
    if (read % 4 == 3) ledger.take_changes();
    const Tally tally = ledger.over({at - window_reads * read_interval, at});
    const Events truth = exact.between(read + 1 - window_reads, read + 1);
    const double truly_spent = spent(truth.bad, truth.total);
    const double difference = std::abs(spent(tally.bad, tally.total) - truly_spent);
    largest.difference = std::max(largest.difference, difference);
    largest.spent = std::max(largest.spent, truly_spent);
    largest.memory_bytes = std::max(largest.memory_bytes, ledger.memory_bytes());
    const double rounding = 1e-9 * (1 + ledger.lifetime().total);
    EXPECT_LE(tally.bad - tally.edge_counted.bad, truth.bad + rounding) << read;
    EXPECT_GE(tally.bad + tally.edge_left_out.bad, truth.bad - rounding) << read;
    EXPECT_LE(tally.total - tally.edge_counted.total, truth.total + rounding) << read;
    EXPECT_GE(tally.total + tally.edge_left_out.total, truth.total - rounding) << read;
    if (testing::Test::HasFailure()) break;
  }
  return largest;
}

TEST(RollingWindow, IsWithinAPointOfTheExactMachineAtEveryRead) {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    for (const LivedHistory& history : lived_histories(seed)) {
      for (const Duration offset : {Duration(0), Duration(7'003)}) {
        SCOPED_TRACE(
            fmt::format("{}, seed {}, reads at {} ms", history.name, seed, offset.count()));
        const Largest found = live(history, offset, 7 * reads_a_day);
        fmt::print("{:20} seed {} offset {:5} ms: at most {:.3f} points off, of up to {:.0f} %\n",
                   history.name, seed, offset.count(), 100 * found.difference, 100 * found.spent);
        EXPECT_LE(found.difference, 0.01);
        EXPECT_LT(found.memory_bytes, 64U * 1024);
        if (HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace slod
