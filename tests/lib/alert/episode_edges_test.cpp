// What an episode says at its end.

#include <gtest/gtest.h>

#include "lib/alert/episode.h"

namespace slod::alert {
namespace {

const Instant start = parse_instant("2026-11-24T10:00:00Z").value();

Condition condition(bool holds, double burn) {
  Condition out;
  out.holds = holds;
  out.observed = true;
  out.enough_events = true;
  out.facts.long_burn = burn;
  return out;
}

TEST(Episode, HasTheFactsOfTheStepThatEndedIt) {
  Episode episode;
  episode.slo = "api/slo";
  episode.severity = "page";
  episode = step(episode, condition(true, 20), start).next;
  episode = step(episode, condition(true, 15), start + std::chrono::minutes(1)).next;
  EXPECT_EQ(episode.facts.long_burn, 15);
  const Stepped ended = step(episode, condition(false, 2), start + std::chrono::minutes(2));
  ASSERT_EQ(ended.next.state, State::resolved);
  EXPECT_EQ(ended.next.facts.long_burn, 2);
  EXPECT_EQ(ended.next.peak.long_burn, 20);
  // What happens after it is not its own.
  const Stepped later = step(ended.next, condition(false, 1), start + std::chrono::minutes(3));
  EXPECT_EQ(later.next.facts.long_burn, 2);
}

}  // namespace
}  // namespace slod::alert
