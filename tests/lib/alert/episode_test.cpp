#include "lib/alert/episode.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <random>
#include <set>

#include "lib/json/text.h"

namespace slod::alert {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant start = parse_instant("2026-11-24T10:00:00Z").value();
const Instant now = parse_instant("2026-11-24T12:00:00Z").value();

Facts facts(double burn) {
  Facts out;
  out.long_window = minutes(60);
  out.short_window = minutes(5);
  out.factor = 14.4;
  out.long_burn = burn;
  out.short_burn = burn / 2;
  out.long_bad = 778;
  out.long_total = 52000;
  out.spent = 0.625;
  out.remaining = 0.375;
  return out;
}

/// An episode that has been in `state` since `start`.
Episode in(State state) {
  Episode out;
  out.slo = "api/availability";
  out.severity = "page";
  out.state = state;
  if (state == State::inactive) return out;
  out.since = start;
  out.key = dedup_key(out.slo, out.severity, start);
  if (state != State::pending) out.fired_at = start + minutes(1);
  if (state == State::resolved) out.resolved_at = start + minutes(9);
  out.facts = facts(20);
  return out;
}

Condition condition(bool holds, bool enough, bool observed) {
  return {holds, enough, observed, facts(30)};
}

TEST(Episode, FollowsItsTable) {
  using enum State;
  struct Case {
    State from;
    bool holds, enough, observed;
    State to;
  };
  const Case cases[] = {
      {inactive, true, true, true, firing},      {inactive, true, true, false, firing},
      {inactive, true, false, true, pending},    {inactive, false, true, true, inactive},
      {inactive, false, false, false, inactive}, {pending, true, true, true, firing},
      {pending, true, true, false, firing},      {pending, true, false, true, pending},
      {pending, false, true, true, inactive},    {pending, false, false, true, inactive},
      {pending, false, true, false, pending},    {firing, true, true, true, firing},
      {firing, true, false, true, firing},  // events leaving the window end nothing
      {firing, false, true, true, resolved},     {firing, false, false, true, resolved},
      {firing, false, true, false, firing},  // missing data ends nothing
      {resolved, true, true, true, firing},      {resolved, true, false, true, pending},
      {resolved, false, true, true, resolved},   {resolved, false, false, false, resolved},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(to_string(c.from)) + (c.holds ? " holds" : "") +
                 (c.enough ? " enough" : "") + (c.observed ? " observed" : ""));
    const Stepped out = step(in(c.from), condition(c.holds, c.enough, c.observed), now);
    EXPECT_EQ(out.next.state, c.to);
    const std::optional<Transition> expected =
        c.from == c.to ? std::nullopt : std::optional(Transition{c.from, c.to});
    EXPECT_EQ(out.transition, expected);
  }
}

TEST(Episode, BeginsNowWithAKeyOfItsOwn) {
  const Episode fired = step(in(State::inactive), condition(true, true, true), now).next;
  EXPECT_EQ(fired.since, now);
  EXPECT_EQ(fired.fired_at, now);
  EXPECT_EQ(fired.resolved_at, std::nullopt);
  EXPECT_EQ(fired.key, dedup_key("api/availability", "page", now));
  EXPECT_EQ(fired.facts, facts(30));
}

TEST(Episode, KeepsItsStartAndKeyFromPendingToResolved) {
  const Episode pending = in(State::pending);
  const Episode fired = step(pending, condition(true, true, true), now).next;
  EXPECT_EQ(fired.since, start);
  EXPECT_EQ(fired.fired_at, now);
  const Instant later = now + minutes(5);
  const Episode resolved = step(fired, condition(false, true, true), later).next;
  EXPECT_EQ(resolved.key, pending.key);
  EXPECT_EQ(resolved.since, start);
  EXPECT_EQ(resolved.resolved_at, later);
}

TEST(Episode, KeepsTheKeyOfAStretchThatEndedSilently) {
  const Episode ended = step(in(State::pending), condition(false, true, true), now).next;
  EXPECT_EQ(ended.state, State::inactive);
  EXPECT_EQ(ended.key, in(State::pending).key);
}

TEST(Episode, AfterAResolvedOneHasANewKey) {
  const Episode again = step(in(State::resolved), condition(true, true, true), now).next;
  EXPECT_NE(again.key, in(State::resolved).key);
  EXPECT_EQ(again.since, now);
  EXPECT_EQ(again.resolved_at, std::nullopt);
}

TEST(Episode, KeepsTimesInOrderWhenTheClockGoesBack) {
  const Instant earlier = start - minutes(30);
  const Episode again = step(in(State::resolved), condition(true, true, true), earlier).next;
  EXPECT_EQ(again.since, start + Duration(1));
  EXPECT_EQ(again.fired_at, again.since);
  const Episode resolved = step(again, condition(false, true, true), earlier).next;
  EXPECT_EQ(resolved.resolved_at, again.fired_at);
}

TEST(Episode, KeepsTheLastFactsWhileNothingIsSeen) {
  EXPECT_EQ(step(in(State::firing), condition(false, true, false), now).next.facts, facts(20));
  EXPECT_EQ(step(in(State::firing), condition(true, true, true), now).next.facts, facts(30));
}

TEST(Episode, RemembersWhenItBurnedFastest) {
  const auto burning = [](double burn) { return Condition{true, true, true, facts(burn)}; };
  Episode episode = step(in(State::resolved), burning(30), now).next;
  EXPECT_EQ(episode.peak, facts(30));
  episode = step(episode, burning(70), now + minutes(1)).next;
  episode = step(episode, burning(50), now + minutes(2)).next;
  EXPECT_EQ(episode.facts, facts(50));
  EXPECT_EQ(episode.peak, facts(70));
  episode = step(episode, {false, true, true, facts(90)}, now + minutes(3)).next;
  EXPECT_EQ(episode.state, State::resolved);
  EXPECT_EQ(episode.peak, facts(70)) << "the condition no longer holds";
  EXPECT_EQ(step(episode, burning(20), now + minutes(9)).next.peak, facts(20)) << "a new stretch";
}

TEST(Episode, NeverSharesAKeyOverARandomLife) {
  constexpr unsigned seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::bernoulli_distribution coin(0.5);
  Episode episode = in(State::inactive);
  std::set<std::string> begun;
  for (int i = 0; i < 20'000; ++i) {
    const Condition next = condition(coin(random), coin(random), coin(random));
    const Instant at = start + seconds(i) - (coin(random) ? minutes(1) : minutes(0));
    const Stepped out = step(episode, next, at);
    const bool was_open = episode.state == State::pending || episode.state == State::firing;
    const bool is_open = out.next.state == State::pending || out.next.state == State::firing;
    if (was_open) {
      EXPECT_EQ(out.next.key, episode.key);
      if (!is_open) {
        EXPECT_TRUE(!next.holds && next.observed);
      }
    } else if (is_open) {
      EXPECT_TRUE(begun.insert(out.next.key).second) << i;
    }
    if (out.next.fired_at) {
      EXPECT_GE(*out.next.fired_at, out.next.since);
    }
    if (out.next.resolved_at) {
      EXPECT_GE(*out.next.resolved_at, *out.next.fired_at);
    }
    episode = out.next;
  }
  EXPECT_GT(begun.size(), 1000U);
}

TEST(DedupKey, IsTheSameEverywhere) {
  EXPECT_EQ(dedup_key("api/availability", "page", start), "slod-223ff630b2f306b6");
  EXPECT_NE(dedup_key("api/availability", "page", start),
            dedup_key("api/availability", "ticket", start));
  EXPECT_NE(dedup_key("a/b", "cpage", start), dedup_key("a/bc", "page", start));
  EXPECT_NE(dedup_key("a/b", "page", start), dedup_key("a/b", "page", start + Duration(1)));
}

TEST(EpisodeJson, ReadsBack) {
  for (const State state : {State::inactive, State::pending, State::firing, State::resolved}) {
    Episode episode = in(state);
    episode.peak = facts(44);
    const auto read = episode_from_json(boost::json::parse(json_text(to_json(episode))));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, episode);
  }
}

TEST(EpisodeJson, ReadsWhatWasStoredBeforeThereWasAPeak) {
  boost::json::object object = to_json(in(State::firing));
  object.erase("peak");
  const auto read = episode_from_json(object);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->peak, Facts{});
}

TEST(EpisodeJson, TrustsNothing) {
  struct Case {
    const char* key;
    boost::json::value value;
    const char* error;
  };
  const Case cases[] = {
      {"state", "ended",
       R"(expected "state" to be inactive, pending, firing or resolved, found "ended")"},
      {"since", "yesterday", R"(expected "since" to be an RFC 3339 time, found "yesterday")"},
      {"key", nullptr, R"(expected "key" to be a text, found null)"},
      {"key", "", R"(expected "key" to be a dedup key, found "")"},
      {"fired_at", nullptr,
       R"(expected "fired_at" to be the time at which a firing episode fired, found null)"},
      {"resolved_at", 5, R"(expected "resolved_at" to be an RFC 3339 time, found 5)"},
      {"facts", 1, R"(expected "facts" to be an object)"},
      {"peak", 1, R"(peak: expected "facts" to be an object)"},
  };
  for (const Case& c : cases) {
    boost::json::object object = to_json(in(State::firing));
    object[c.key] = c.value;
    const auto read = episode_from_json(object);
    ASSERT_FALSE(read) << c.key;
    EXPECT_EQ(read.error(), c.error);
  }
  EXPECT_FALSE(episode_from_json("firing"));
  EXPECT_FALSE(episode_from_json(boost::json::object()));
  for (const boost::json::value& wrong :
       {boost::json::value("1"), boost::json::value(-1), boost::json::value(1e300)}) {
    boost::json::object object = to_json(in(State::firing));
    object["facts"].as_object()["long_window_seconds"] = wrong;
    EXPECT_FALSE(episode_from_json(object)) << json_text(wrong);
  }
}

}  // namespace
}  // namespace slod::alert
