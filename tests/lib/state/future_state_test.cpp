// State that was stored while the clock was ahead, as a table of what is stored and what it
// becomes.

#include "lib/state/future_state.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <limits>

#include "lib/alert/episode.h"
#include "lib/json/text.h"
#include "lib/slo/ledger.h"
#include "lib/slo/tracker_state.h"
#include "tests/support/state/memory_database.h"

namespace slod {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant now{hours(500'000)};

LedgerRow row(Duration after, double total, double bad, double measured = 0, double unknown = 0) {
  return {now + after, total, bad, static_cast<std::uint32_t>(measured * 100),
          static_cast<std::uint32_t>(unknown * 100)};
}

SloChange slo(Duration since, std::vector<LedgerRow> rows) {
  return {.slo = "api/a",
          .fingerprint = "f",
          .resolution = seconds(15),
          .state = to_text({.observed_since = now + since, .bounds = {}, .slices = nullptr}),
          .ledger = std::move(rows),
          .ledger_removed = {},
          .buckets = {},
          .buckets_removed = {}};
}

BroughtBack bring_back(Restored& restored) {
  std::vector<OutboxRow> pending;
  return slod::bring_back(restored, pending, now);
}

TEST(FutureState, OfThePastIsLeftAsItIs) {
  Restored restored;
  restored.slos = {slo(-hours(1), {row(-minutes(30), 5, 1), row(Duration(0), 7, 1)})};
  restored.remembered.rule_marks = {{"g", now}};
  const BroughtBack back = bring_back(restored);
  EXPECT_EQ(back.ahead, Duration(0));
  EXPECT_TRUE(back.changes.empty());
  EXPECT_FALSE(back.is_error());
}

TEST(FutureState, ToleratesAMinuteAndBringsItBackAllTheSame) {
  for (const auto& [ahead, is_error] :
       {std::pair<Duration, bool>{seconds(60), false}, {seconds(61), true}, {days(1), true}}) {
    Restored restored;
    restored.slos = {slo(-hours(1), {row(-minutes(30), 5, 1), row(ahead, 7, 1)})};
    const BroughtBack back = bring_back(restored);
    EXPECT_EQ(back.ahead, ahead);
    EXPECT_EQ(back.is_error(), is_error);
    EXPECT_EQ(restored.slos[0].ledger.back().at, now);
  }
}

struct Ledgers {
  std::string_view what;
  Duration since;
  std::vector<LedgerRow> rows;
  Duration since_after;
  std::vector<LedgerRow> rows_after;
  std::vector<Instant> removed;
};

TEST(FutureState, OfALedgerBecomesOneRowThatKeepsTheBudget) {
  for (const Ledgers& each :
       {Ledgers{"a part of it",
                -hours(2),
                {row(-hours(1), 100, 1, 3600), row(days(1), 150, 2, 3700, 80'000),
                 row(days(1) + minutes(5), 170, 5, 4000, 80'000)},
                -hours(2),
                {row(-hours(1), 100, 1, 3600), row(Duration(0), 170, 5, 4000, 3200)},
                {now + days(1), now + days(1) + minutes(5)}},
        Ledgers{"with a row of now",
                -hours(2),
                {row(Duration(0), 100, 1, 7200), row(days(1), 150, 2, 7260, 9)},
                -hours(2),
                {row(Duration(0), 150, 2, 7260, 9)},
                {now + days(1)}},
        Ledgers{"all of it",
                days(1),
                {row(days(1), 0, 0), row(days(1) + minutes(10), 170, 5, 600)},
                -minutes(10),
                {row(Duration(0), 170, 5, 600)},
                {now + days(1), now + days(1) + minutes(10)}}}) {
    SCOPED_TRACE(each.what);
    Restored restored;
    restored.slos = {slo(each.since, each.rows)};
    const BroughtBack back = bring_back(restored);
    EXPECT_EQ(restored.slos[0].ledger, each.rows_after);
    EXPECT_EQ(parse_tracker_state(restored.slos[0].state)->observed_since, now + each.since_after);
    ASSERT_EQ(back.changes.slos.size(), 1U);
    EXPECT_EQ(back.changes.slos[0].ledger_removed, each.removed);
    EXPECT_EQ(back.changes.slos[0].ledger, std::vector{each.rows_after.back()});
    EXPECT_EQ(back.ledger_rows, each.removed.size());
    const Ledger ledger =
        Ledger::restore(seconds(15), days(30), now + each.since_after, restored.slos[0].ledger);
    EXPECT_EQ(ledger.lifetime().total, each.rows.back().total);
    EXPECT_EQ(ledger.lifetime().bad, each.rows.back().bad);
  }
}

TEST(FutureState, IsGoneFromTheDatabaseAsWell) {
  MemoryDatabase database;
  Changes changes;
  changes.slos = {
      slo(-hours(1), {row(-minutes(30), 5, 1), row(days(1), 7, 1), row(days(2), 9, 3)})};
  ASSERT_TRUE(database.commit(changes));
  Restored restored = database.load().value();
  ASSERT_TRUE(database.commit(bring_back(restored).changes));
  Restored again = database.load().value();
  EXPECT_EQ(again.slos.at(0).ledger, restored.slos.at(0).ledger);
  EXPECT_EQ(again.slos.at(0).state, restored.slos.at(0).state);
  EXPECT_EQ(bring_back(again).ahead, Duration(0));
}

TEST(FutureState, OfBucketsAndSlicesGoesAlongWithTheLedger) {
  Restored restored;
  restored.slos = {slo(-hours(1), {row(days(1), 7, 1)}), slo(-hours(1), {})};
  restored.slos[0].buckets = {{now - minutes(1), {1, 2}}, {now + days(1), {3, 5}}};
  restored.slos[0].state = to_text({.observed_since = now - hours(1),
                                    .bounds = {},
                                    .slices = {{"closed", 123}, {"open", boost::json::array()}}});
  restored.slos[1].state =
      to_text({.observed_since = {}, .bounds = {}, .slices = {{"next", 30'000'000}}});
  bring_back(restored);
  EXPECT_EQ(restored.slos[0].buckets,
            (std::vector<BucketRow>{{now - minutes(1), {1, 2}}, {now, {3, 5}}}));
  EXPECT_EQ(parse_tracker_state(restored.slos[0].state)->slices.at("closed"),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(parse_tracker_state(restored.slos[1].state)->slices.at("next").is_null());
}

TEST(FutureState, OfWhatIsRememberedIsOfNow) {
  Restored restored;
  Remembered& remembered = restored.remembered;
  remembered.standings = {
      {"api/a", SloStanding{{freeze::Level::feature_freeze, now + days(1)}, now + days(1)}},
      {"api/b", SloStanding{{freeze::Level::open, now - days(1)}, {}}},
      {"api/c", std::nullopt}};
  remembered.levels = {{"api", freeze::Standing{freeze::Level::feature_freeze, now + days(1)}}};
  remembered.open_gaps = {
      {"s", std::vector<OpenGap>{
                {"api/a",
                 {{{now - hours(1), now + hours(1)}, 1}, {{now + hours(1), now + hours(2)}, 0.5}}},
                {"api/b", {{{now + hours(1), now + hours(2)}, 1}}}}}};
  remembered.removals = {{"api/old", now + days(1)}};
  remembered.rule_marks = {{"g", now + days(1)}};
  const BroughtBack back = bring_back(restored);
  EXPECT_EQ(back.ahead, days(1));
  EXPECT_EQ(remembered.standings[0].value,
            (SloStanding{{freeze::Level::feature_freeze, now}, now}));
  EXPECT_EQ(remembered.levels[0].value->since, now);
  EXPECT_EQ(remembered.open_gaps[0].value,
            (std::vector<OpenGap>{{"api/a", {{{now - hours(1), now}, 1}}}}));
  EXPECT_EQ(remembered.removals[0].value, now);
  EXPECT_EQ(remembered.rule_marks[0].value, now);
  EXPECT_EQ(back.changes.remembered.standings, (std::vector{remembered.standings[0]}));
  EXPECT_EQ(back.changes.remembered.open_gaps, remembered.open_gaps);
}

TEST(FutureState, OfEpisodesAndMessagesIsOfNow) {
  alert::Episode episode{.key = "k",
                         .slo = "api/a",
                         .severity = "page",
                         .state = alert::State::firing,
                         .since = now + days(1),
                         .fired_at = now + days(1),
                         .resolved_at = {},
                         .facts = {}};
  Restored restored;
  restored.episodes = {{"k", json_text(alert::to_json(episode)), true, now + days(1)},
                       {"bad", "no JSON", true, now}};
  std::vector<OutboxRow> pending(2);
  pending[0].message.created = now + days(1);
  pending[0].next_attempt = now + days(1);
  pending[1].message.created = now - minutes(1);
  pending[1].next_attempt = now + minutes(5);
  const BroughtBack back = slod::bring_back(restored, pending, now);
  const auto read = alert::episode_from_json(boost::json::parse(restored.episodes[0].episode));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->since, now);
  EXPECT_EQ(read->fired_at, now);
  EXPECT_EQ(restored.episodes[0].at, now);
  EXPECT_EQ(back.episodes, 1U);
  EXPECT_EQ(back.changes.episodes.size(), 1U);
  EXPECT_EQ(pending[0].next_attempt, now);
  EXPECT_EQ(pending[1].next_attempt, now + minutes(5)) << "a retry that is due later";
}

}  // namespace
}  // namespace slod
