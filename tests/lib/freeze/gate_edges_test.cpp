// Watches at their limits: where one event, one percent or one second more decides.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/freeze/gate.h"

namespace slod::freeze {
namespace {

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

GateSlo latency(double quantile, std::optional<double> at_it, double coverage = 1) {
  GateSlo slo;
  slo.name = "latency";
  slo.kind = "latency";
  slo.total = 100;
  slo.bad = 0;
  slo.quantile = quantile;
  slo.quantile_seconds = at_it;
  slo.coverage = coverage;
  return slo;
}

/// A watch of 100 s.
GateTerms terms(std::optional<double> errors_max, std::optional<Duration> p99_max = std::nullopt) {
  return {.length = seconds(100), .errors_max = errors_max, .p99_max = p99_max};
}

GateDecision decision(const GateTerms& terms, std::vector<GateSlo> slos, Duration elapsed,
                      Outcome verdict = Outcome::allow) {
  Gate gate(terms);
  return gate.take("api", {verdict, "as /freeze says", std::move(slos)}, elapsed);
}

std::optional<Outcome> at_end(const GateTerms& terms, std::vector<GateSlo> slos) {
  return decision(terms, std::move(slos), seconds(100)).outcome;
}

TEST(GateWithoutLimits, IsProvenOnlyByAnSloThatWasReadAndSawEvents) {
  const GateTerms none = terms(std::nullopt);
  EXPECT_EQ(at_end(none, {requests(100, 0, 0.4)}), inconclusive);
  EXPECT_EQ(at_end(none, {requests(100, 0, 0.5)}), allow);
  EXPECT_EQ(at_end(none, {requests(0, 0, 1)}), inconclusive);
  EXPECT_EQ(at_end(none, {requests(1, 0, 1)}), allow);
  EXPECT_EQ(at_end(none, {requests(100, 0, 0.4), requests(0, 0, 1)}), inconclusive)
      << "one was read, and another saw events";
  EXPECT_EQ(at_end(none, {requests(100, 0, 0.4), latency(0.5, 0.1)}), allow);
}

TEST(GateWithAP99, IgnoresLatenciesOfOtherQuantiles) {
  const GateTerms half_a_second = terms(std::nullopt, Duration(500));
  for (const double other : {0.5, 0.95, 0.999}) {
    const GateSlo slow = latency(other, 9);
    EXPECT_FALSE(check(half_a_second, "api", {slow})) << other;
    EXPECT_TRUE(check(half_a_second, "api", {slow, latency(0.99, 0.1)})) << other;
    EXPECT_EQ(at_end(half_a_second, {slow, latency(0.99, 0.1)}), allow) << other;
    EXPECT_EQ(at_end(half_a_second, {latency(other, std::nullopt, 0), latency(0.99, 0.1)}), allow)
        << other;
    EXPECT_EQ(decision(half_a_second, {slow}, seconds(50)).message, "nothing seen yet") << other;
  }
}

TEST(Gate, IsOverWithItsLastMillisecond) {
  const GateTerms errors = terms(0.01, Duration(500));
  const std::vector<GateSlo> good{requests(1000, 0), latency(0.99, 0.5)};
  EXPECT_EQ(decision(errors, good, seconds(100) - Duration(1)).outcome, goes_on);
  EXPECT_EQ(decision(errors, good, seconds(100)).outcome, allow);
  const std::vector<GateSlo> slow{requests(1000, 0), latency(0.99, 0.501)};
  EXPECT_EQ(decision(errors, slow, seconds(100) - Duration(1)).outcome, goes_on);
  EXPECT_EQ(decision(errors, slow, seconds(100)).outcome, deny);
}

TEST(Gate, AllowsNoLessForBeingLookedAtLate) {
  const GateTerms errors = terms(0.01);
  EXPECT_EQ(decision(errors, {requests(1000, 10)}, seconds(130)).outcome, allow);
  EXPECT_EQ(decision(errors, {requests(1000, 11)}, seconds(130)).outcome, deny);
}

TEST(Gate, NeedsAsManyEventsAsItsTermsSay) {
  GateTerms strict = terms(0.01);
  strict.events_min = 50;
  EXPECT_EQ(at_end(strict, {requests(49, 49)}), inconclusive);
  EXPECT_EQ(at_end(strict, {requests(50, 50)}), deny);
  EXPECT_EQ(at_end(strict, {requests(50, 0)}), allow);
  strict.events_min = 0;
  EXPECT_EQ(at_end(strict, {requests(0, 0)}), inconclusive) << "none prove nothing";
  EXPECT_EQ(decision(strict, {requests(0, 0)}, seconds(100)).message,
            "availability: 0 requests are too few to judge (minimum 1)");
  EXPECT_EQ(at_end(strict, {requests(1, 1)}), deny);
}

TEST(Gate, NeedsEachSloThatItsTermsAreAbout) {
  const GateTerms both = terms(0.01, Duration(500));
  GateSlo second = requests(1000, 0, 0.1);
  second.name = "other";
  EXPECT_EQ(at_end(both, {requests(1000, 0), second, latency(0.99, 0.1)}), inconclusive);
  second.coverage = 1;
  second.bad = 11;
  EXPECT_EQ(at_end(both, {requests(1000, 0), second, latency(0.99, 0.1)}), deny);
  EXPECT_EQ(at_end(both, {requests(1000, 0), latency(0.99, std::nullopt)}), inconclusive);
  EXPECT_EQ(at_end(both, {requests(1000, 0), latency(0.99, 0.1, 0.49)}), inconclusive);
  EXPECT_EQ(at_end(both, {requests(1000, 0), latency(0.99, 0.1, 0.5)}), allow);
}

TEST(Gate, OutweighsAnInconclusiveVerdictByWhatIsCertain) {
  const GateTerms errors = terms(0.01);
  EXPECT_EQ(decision(errors, {requests(1000, 21)}, seconds(50), Outcome::inconclusive).outcome,
            deny);
  EXPECT_EQ(decision(errors, {requests(1000, 20)}, seconds(50), Outcome::inconclusive).outcome,
            goes_on);
  EXPECT_EQ(decision(errors, {requests(1000, 0)}, seconds(100), Outcome::inconclusive).message,
            "as /freeze says");
  EXPECT_EQ(decision(errors, {requests(1000, 0)}, seconds(1), Outcome::deny).message,
            "as /freeze says");
}

TEST(Gate, FollowsThePagesOfEachSloByItself) {
  Gate gate(terms(std::nullopt));
  const auto look = [&](bool first_pages, bool second_pages, int second) {
    GateSlo first = requests(100, 0);
    GateSlo other = latency(0.99, 0.1);
    first.pages = first_pages;
    other.pages = second_pages;
    return gate.take("api", {Outcome::allow, "", {first, other}}, seconds(second)).outcome;
  };
  EXPECT_EQ(look(true, false, 0), goes_on);
  EXPECT_EQ(look(true, false, 1), goes_on);
  EXPECT_EQ(look(true, true, 2), deny) << "the first paged before, the second did not";
}

}  // namespace
}  // namespace slod::freeze
