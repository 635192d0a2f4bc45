#include "lib/freeze/gate.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace slod::freeze {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::optional<Outcome> goes_on = std::nullopt;
constexpr std::optional<Outcome> allow = Outcome::allow;
constexpr std::optional<Outcome> deny = Outcome::deny;
constexpr std::optional<Outcome> inconclusive = Outcome::inconclusive;

GateSlo requests(double total, double bad, double coverage = 1) {
  GateSlo slo;
  slo.name = "availability";
  slo.kind = "availability";
  slo.total = total;
  slo.bad = bad;
  slo.coverage = coverage;
  return slo;
}

GateSlo latency(std::optional<double> p99, double coverage = 1) {
  GateSlo slo;
  slo.name = "latency";
  slo.kind = "latency";
  slo.total = 100;
  slo.bad = 0;
  slo.quantile = p99 ? std::optional<double>(0.99) : std::nullopt;
  slo.quantile_seconds = p99;
  slo.coverage = coverage;
  return slo;
}

GateSlo unread() {
  GateSlo slo;
  slo.name = "availability";
  slo.kind = "availability";
  return slo;
}

GateSlo paging(GateSlo slo) {
  slo.pages = true;
  return slo;
}

GateReading reading(std::vector<GateSlo> slos, Outcome verdict = Outcome::allow) {
  return {verdict, verdict == Outcome::allow ? "" : "as /freeze says", std::move(slos)};
}

/// A watch of 100 s.
GateTerms terms(std::optional<double> errors_max, std::optional<Duration> p99_max = std::nullopt) {
  return {.length = seconds(100), .errors_max = errors_max, .p99_max = p99_max};
}

TEST(Gate, DecidesAsSoonAsItIsCertain) {
  const GateTerms none = terms(std::nullopt);
  const GateTerms errors = terms(0.01);
  const GateTerms both = terms(0.01, Duration(500));
  struct Case {
    const char* what;
    GateTerms terms;
    GateReading reading;
    int at_seconds;
    std::optional<Outcome> outcome;
  };
  const Case cases[] = {
      {"a denial ends it at once", none, reading({unread()}, Outcome::deny), 0, deny},
      {"a denial overrides no evidence", errors, reading({unread()}, Outcome::deny), 100, deny},
      {"not known yet", none, reading({unread()}, Outcome::inconclusive), 0, goes_on},
      {"not known yet, shortly before the end", none, reading({}, Outcome::inconclusive), 99,
       goes_on},
      {"not known at the end", none, reading({requests(1, 0)}, Outcome::inconclusive), 100,
       inconclusive},
      {"good so far", none, reading({requests(1000, 0)}), 99, goes_on},
      {"good to the end", none, reading({requests(1000, 0)}), 100, allow},
      {"no event at the end", none, reading({requests(0, 0)}), 100, inconclusive},
      {"nothing read at the end", none, reading({unread()}), 100, inconclusive},
      {"without a limit errors are the verdict's", none, reading({requests(100, 100)}), 100, allow},

      // 1000 requests in the first half: 2000 in all, of which 20 may fail.
      {"the rest may make up for it", errors, reading({requests(1000, 20)}), 50, goes_on},
      {"nothing makes up for it", errors, reading({requests(1000, 21)}), 50, deny},
      {"at the limit", errors, reading({requests(1000, 10)}), 100, allow},
      {"above the limit", errors, reading({requests(1000, 11)}), 100, deny},
      {"too few to deny", errors, reading({requests(9, 9)}), 50, goes_on},
      {"too few to say anything", errors, reading({requests(9, 9)}), 100, inconclusive},
      {"enough", errors, reading({requests(10, 0)}), 100, allow},
      {"enough to deny", errors, reading({requests(10, 10)}), 100, deny},
      {"most of it was not read", errors, reading({requests(1000, 0, 0.49)}), 100, inconclusive},
      {"half of it was read", errors, reading({requests(1000, 0, 0.5)}), 100, allow},
      {"bad enough, whatever was not read", errors, reading({requests(1000, 11, 0.1)}), 100, deny},
      {"no limit on latency", errors, reading({requests(1000, 0), latency(9)}), 100, allow},

      {"slow so far", both, reading({requests(1000, 0), latency(0.6)}), 99, goes_on},
      {"slow", both, reading({requests(1000, 0), latency(0.501)}), 100, deny},
      {"fast", both, reading({requests(1000, 0), latency(0.5)}), 100, allow},
      {"no p99", both, reading({requests(1000, 0), latency(std::nullopt)}), 100, inconclusive},
      {"p99 not read", both, reading({requests(1000, 0), latency(0.1, 0.4)}), 100, inconclusive},
      {"slow overrides what is not known", both, reading({requests(1, 0), latency(0.6)}), 100,
       deny},
      {"late", both, reading({requests(1000, 0), latency(0.1)}), 130, allow},
      {"no more than that may fail", terms(0.0), reading({requests(1000, 1)}), 1, deny},
      {"all may fail", terms(1.0), reading({requests(1000, 1000)}), 100, allow},
  };
  for (const Case& c : cases) {
    Gate gate(c.terms);
    const GateDecision decision = gate.take("api", c.reading, seconds(c.at_seconds));
    EXPECT_EQ(decision.outcome, c.outcome) << c.what << ": " << decision.message;
    EXPECT_FALSE(decision.message.empty()) << c.what;
  }
}

TEST(Gate, DeniesWhenAPageBeginsDuringTheWatch) {
  struct Case {
    const char* what;
    std::vector<bool> pages;  // at each look, from the first on
    std::optional<Outcome> last;
  };
  for (const Case& c :
       {Case{"never", {false, false, false}, goes_on},
        Case{"since before the watch", {true, true, true}, goes_on},
        Case{"ends", {true, true, false}, goes_on}, Case{"begins", {false, false, true}, deny},
        Case{"begins again", {true, false, true}, deny}}) {
    Gate gate(terms(std::nullopt));
    GateDecision decision;
    int at = 0;
    for (const bool pages : c.pages) {
      const GateSlo slo = requests(100, 0);
      decision = gate.take("api", reading({pages ? paging(slo) : slo}), seconds(at++));
    }
    EXPECT_EQ(decision.outcome, c.last) << c.what;
  }
}

TEST(Gate, ChecksThatTheServiceHasWhatTheTermsAreAbout) {
  GateSlo median = latency(0.1);
  median.quantile = 0.5;
  EXPECT_TRUE(check(terms(std::nullopt), "api", {unread()}));
  EXPECT_TRUE(check(terms(0.01, Duration(1)), "api", {unread(), latency(std::nullopt)}));
  EXPECT_EQ(check(terms(std::nullopt), "api", {}).error(), "expected an SLO in api, found none");
  EXPECT_EQ(check(terms(0.01), "api", {latency(0.1)}).error(),
            "expected an SLO of the kind availability in api for the error ratio, found none");
  EXPECT_EQ(check(terms(std::nullopt, Duration(1)), "api", {unread(), median}).error(),
            "expected a latency SLO with the 99th percentile in api, found none");
}

TEST(Gate, SaysNoBetterThanIsTrue) {
  struct Case {
    double total;
    double bad;
    const char* text;
  };
  for (const Case& c : {Case{47, 5, "5 of 47 requests failed (10.64 %)"},
                        Case{47, 4.7, "4.7 of 47 requests failed (10 %)"},
                        Case{47.04, 4.98, "5 of 47 requests failed (10.59 %)"},
                        Case{3, 1, "1 of 3 requests failed (33.34 %)"},
                        Case{100'000, 99'999, "99999 of 100000 requests failed (100 %)"},
                        Case{100, 7, "7 of 100 requests failed (7 %)"},
                        Case{4120, 3, "3 of 4120 requests failed (0.07282 %)"},
                        Case{1000, 1000, "1000 of 1000 requests failed (100 %)"},
                        Case{1000, 0, "0 of 1000 requests failed (0 %)"}}) {
    Gate gate(terms(std::nullopt));
    EXPECT_EQ(gate.take("api", reading({requests(c.total, c.bad)}), seconds(50)).message,
              std::string("availability: ") + c.text);
  }
}

TEST(Gate, SaysWhatItSaw) {
  Gate gate(terms(0.01, Duration(500)));
  EXPECT_EQ(gate.take("api", reading({unread()}), seconds(0)).message,
            "availability: 0 of 0 requests failed");
  EXPECT_EQ(gate.take("api", reading({requests(1000, 1), latency(0.412)}), seconds(50)).message,
            "availability: 1 of 1000 requests failed (0.1 %); latency: p99 412 ms");
  EXPECT_EQ(gate.take("api", reading({requests(1000, 100)}), seconds(50)).message,
            "availability: 100 of 1000 requests failed (10 %), above 1 % even if no more "
            "requests fail");
  EXPECT_EQ(gate.take("api", reading({requests(1000, 0), latency(0.6)}), seconds(100)).message,
            "latency: the p99 is 600 ms, above 500 ms");
  EXPECT_EQ(gate.take("api", reading({requests(3, 0)}), seconds(100)).message,
            "availability: 3 requests are too few to judge (minimum 10)");
  EXPECT_EQ(gate.take("api", reading({requests(300, 0, 0.2)}), seconds(100)).message,
            "availability: only 20 % of the watch could be read, less than 50 %");
  EXPECT_EQ(gate.take("api", reading({paging(requests(300, 0))}), seconds(1)).message,
            "a page for api/availability began during the watch");
}

/// Steady traffic with a chance of errors: what was denied early would have been denied at the end,
/// had the rest gone well.
TEST(Gate, DeniesEarlyOnlyWhatSteadyTrafficCouldNoLongerMakeUpFor) {
  constexpr unsigned seed = 20261125;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int early = 0;
  for (int run = 0; run < 300; ++run) {
    const double limit = std::uniform_real_distribution<double>(0.01, 0.2)(random);
    std::bernoulli_distribution fails(std::uniform_real_distribution<double>(0, 0.4)(random));
    Gate gate(terms(limit));
    double total = 0;
    double bad = 0;
    for (int at = 1; at <= 100; ++at) {
      for (int i = 0; i < 10; ++i) bad += fails(random) ? 1 : 0;
      total += 10;
      const auto outcome = gate.take("api", reading({requests(total, bad)}), seconds(at)).outcome;
      const double best_at_end = bad / 1000;
      if (at < 100) {
        EXPECT_EQ(outcome == deny, best_at_end > limit) << bad << " of " << total << ", " << limit;
      } else {
        EXPECT_EQ(outcome, bad / total > limit ? deny : allow);
      }
      if (outcome == deny) early += at < 100 ? 1 : 0;
      if (outcome) break;
    }
  }
  EXPECT_GT(early, 30);
}

}  // namespace
}  // namespace slod::freeze
