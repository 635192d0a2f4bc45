// The worked examples of docs/budget.md, computed by the code: what the page says is what comes
// out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "lib/slo/budget.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant begin{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr Instant end = begin + days(30);

SloDefinition three_nines() {
  SloDefinition definition;
  definition.objective = 0.999;
  definition.window = RollingWindow{days(30)};
  return definition;
}

/// Events that lie evenly in an interval, each minute of which was read.
void happen(Ledger& ledger, Instant from, Instant to, Events all) {
  const double minutes = seconds(to - from) / 60;
  ledger.begin(from);
  for (Instant at = from; at < to; at += 1min) {
    ledger.record({at, at + 1min}, {all.total / minutes, all.bad / minutes});
    ledger.account({at, at + 1min}, 1, 0);
  }
}

/// The page, with one space for each line's end.
std::string page() {
  std::ifstream file(SLOD_SOURCE_DIR "/docs/budget.md");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::ranges::replace(text, '\n', ' ');
  for (std::size_t at = text.find("  "); at != std::string::npos; at = text.find("  ")) {
    text.erase(at, 1);
  }
  return text;
}

void expect_said(const std::string& sentence) {
  EXPECT_NE(page().find(sentence), std::string::npos) << sentence;
}

std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

TEST(Explanation, OfTheBudgetIsWhatIsComputed) {
  Ledger ledger(15s, days(30));
  happen(ledger, begin, end - 1h, {1'198'000, 751});
  happen(ledger, end - 1h, end, {2'000, 29});
  const SloDefinition definition = three_nines();
  const Budget computed = budget(ledger, definition, end);
  EXPECT_NEAR(computed.total, 1'200'000, 1e-3);
  EXPECT_NEAR(computed.bad, 780, 1e-6);
  expect_said(fmt::format("- allowed_bad = 0.001 * {} = {}", grouped(computed.total),
                          grouped(computed.allowed_bad)));
  expect_said(fmt::format("- spent = {:.0f} / {} = {:.0f} %.", computed.bad,
                          grouped(computed.allowed_bad), 100 * *computed.spent_ratio));
  expect_said(
      fmt::format("After {:.0f} bad ones, {:.0f} % of the budget is *spent* and {:.0f} % remains",
                  computed.bad, 100 * *computed.spent_ratio, 100 * *computed.remaining_ratio));
  expect_said(fmt::format("Burn rate = (29 / 2,000) / 0.001 = {:.1f}, above 14.4",
                          *burn_rate(ledger, definition, 1h, end)));
  expect_said(fmt::format("The hour has spent 29 / {} = {:.1f} % of the budget.",
                          grouped(computed.allowed_bad),
                          100 * *spent_in(ledger, definition, 1h, end)));
}

TEST(Explanation, OfTheWorstCaseIsWhatIsComputed) {
  Ledger ledger(15s, days(30));
  happen(ledger, begin, end - 2h, {1'200'000, 780});
  ledger.account({end - 2h, end}, 0, 1);
  const Budget computed = budget(ledger, three_nines(), end);
  EXPECT_NEAR(*computed.spent_ratio, 0.65, 1e-9);
  EXPECT_NEAR(*computed.coverage_ratio, 718 / 720.0, 1e-9);
  const double unknown = computed.total / 718 * 2;
  expect_said(
      fmt::format("u = {} / 718 * 2 = {} and spent_worst = (780 + {}) / (0.001 * {}) = {:.0f} %",
                  grouped(computed.total), grouped(unknown), grouped(unknown),
                  grouped(computed.total + unknown), 100 * *computed.spent_worst_ratio));
}

TEST(Explanation, OfAYoungSloIsWhatIsComputed) {
  Ledger ledger(15s, days(30));
  ledger.begin(begin);
  ledger.record({begin, begin + 30s}, {1'200, 5});
  ledger.account({begin, begin + 30s}, 1, 0);
  const Budget computed = budget(ledger, three_nines(), begin + 40s);
  EXPECT_EQ(computed.basis, Basis::projected);
  expect_said(fmt::format("- total(W) = 1,200 * 2,592,000 / 30 = {}", grouped(computed.total)));
  expect_said(fmt::format("- allowed_bad = {0}, spent = 5 / {0} = {1:.7f}",
                          grouped(computed.allowed_bad), *computed.spent_ratio));
  SloDefinition observed = three_nines();
  observed.cold_start = ColdStart::observed;
  EXPECT_NEAR(*budget(ledger, observed, begin + 40s).spent_ratio, 5 / 1.2, 1e-9);
}

}  // namespace
}  // namespace slod
