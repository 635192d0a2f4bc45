#include "lib/freeze/verdict.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <vector>

#include "lib/freeze/json.h"
#include "lib/json/text.h"

namespace slod::freeze {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant since = parse_instant("2026-11-24T10:00:00Z").value();
const Instant now = parse_instant("2026-11-24T12:00:00Z").value();
const Instant thaw_soon = parse_instant("2026-11-25T01:00:00Z").value();
const Instant thaw_late = parse_instant("2026-11-26T04:10:00Z").value();

/// api/availability with fresh evidence, standing where `spent` puts it.
SloEvidence slo(double spent, std::string name = "availability") {
  SloEvidence out;
  out.name = std::move(name);
  const StepEvidence step{.spent = spent,
                          .spent_worst = spent + 0.01,
                          .good = 1234567,
                          .total = 1235345,
                          .bad = 778,
                          .earliest_thaw = thaw_late};
  out.steps = {step, step};
  out.steps[1].earliest_thaw = thaw_soon;
  out.standing = next({Level::open, since}, default_policy(),
                      std::vector<std::optional<double>>{spent, spent}, since);
  out.window = std::chrono::days(30);
  out.window_text = "30d";
  out.allowed_bad = 1235.3;
  out.coverage = 0.998;
  out.evidence_at = now - Duration(4100);
  out.observed_since = since - std::chrono::days(60);
  out.series_seen = true;
  return out;
}

SloEvidence stale(double spent, OnMissing on_missing, Duration age) {
  SloEvidence out = slo(spent);
  out.on_missing = on_missing;
  out.evidence_at = now - age;
  return out;
}

SloEvidence never_read(OnMissing on_missing) {
  SloEvidence out = slo(0);
  out.on_missing = on_missing;
  out.evidence_at = std::nullopt;
  out.series_seen = false;
  return out;
}

SloEvidence without_series(OnMissing on_missing) {
  SloEvidence out = slo(0);
  out.on_missing = on_missing;
  out.series_seen = false;
  return out;
}

Verdict ask(Change change, const std::vector<SloEvidence>& slos,
            const Policy& policy = default_policy()) {
  return verdict("api", change, slos, policy, since, now);
}

std::vector<std::string> messages(const std::vector<SloEvidence>& slos,
                                  const Policy& policy = default_policy()) {
  std::vector<std::string> out;
  for (const Reason& reason : ask(Change::feature, slos, policy).reasons) {
    out.push_back(reason.message);
  }
  return out;
}

using Messages = std::vector<std::string>;

TEST(Verdict, IsWhatTheLevelAndTheOwnerSay) {
  constexpr Outcome allow = Outcome::allow;
  constexpr Outcome deny = Outcome::deny;
  constexpr Outcome inconclusive = Outcome::inconclusive;
  constexpr OnMissing last_known = OnMissing::last_known;
  const Duration one_hour_stale = minutes(65);
  struct Case {
    const char* what;
    std::vector<SloEvidence> slos;
    Outcome feature, fix, hotfix;
    Level level;
  };
  const Case cases[] = {
      {"no SLOs", {}, allow, allow, allow, Level::open},
      {"open", {slo(0.1)}, allow, allow, allow, Level::open},
      {"frozen", {slo(0.63)}, deny, allow, allow, Level::feature_freeze},
      {"spent", {slo(1)}, deny, deny, allow, Level::hotfix_only},
      {"the worst counts",
       {slo(0.1), slo(1.2, "latency"), slo(0.6, "p99")},
       deny,
       deny,
       allow,
       Level::hotfix_only},
      {"as old as allowed",
       {stale(0.1, OnMissing::deny, minutes(5))},
       allow,
       allow,
       allow,
       Level::open},
      {"from a clock ahead",
       {stale(0.1, OnMissing::deny, -minutes(5))},
       deny,
       deny,
       allow,
       Level::open},
      {"stale, deny", {stale(0.1, OnMissing::deny, minutes(6))}, deny, deny, allow, Level::open},
      {"stale, allow",
       {stale(1.5, OnMissing::allow, minutes(6))},
       allow,
       allow,
       allow,
       Level::open},
      {"stale, last known open",
       {stale(0.1, last_known, minutes(6))},
       allow,
       allow,
       allow,
       Level::open},
      {"stale, last known frozen",
       {stale(0.6, last_known, one_hour_stale)},
       deny,
       allow,
       allow,
       Level::feature_freeze},
      {"last known no longer",
       {stale(0.6, last_known, one_hour_stale + Duration(1))},
       deny,
       deny,
       allow,
       Level::open},
      {"never read, deny", {never_read(OnMissing::deny)}, deny, deny, allow, Level::open},
      {"never read, allow", {never_read(OnMissing::allow)}, allow, allow, allow, Level::open},
      {"never read, last known",
       {never_read(last_known)},
       inconclusive,
       inconclusive,
       inconclusive,
       Level::open},
      {"no series, deny", {without_series(OnMissing::deny)}, deny, deny, allow, Level::open},
      {"no series, allow", {without_series(OnMissing::allow)}, allow, allow, allow, Level::open},
      {"no series, last known",
       {without_series(last_known)},
       inconclusive,
       inconclusive,
       inconclusive,
       Level::open},
      {"deny overrides inconclusive",
       {never_read(last_known), slo(0.6, "latency")},
       deny,
       inconclusive,
       inconclusive,
       Level::feature_freeze},
      {"stale deny overrides inconclusive",
       {never_read(last_known), stale(0, OnMissing::deny, hours(1))},
       deny,
       deny,
       inconclusive,
       Level::open},
      {"inconclusive overrides allow",
       {slo(0.1), never_read(last_known)},
       inconclusive,
       inconclusive,
       inconclusive,
       Level::open},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(ask(Change::feature, c.slos).outcome, c.feature);
    EXPECT_EQ(ask(Change::fix, c.slos).outcome, c.fix);
    EXPECT_EQ(ask(Change::hotfix, c.slos).outcome, c.hotfix);
    const Verdict answer = ask(Change::feature, c.slos);
    EXPECT_EQ(answer.level, c.level);
    EXPECT_EQ(answer.frozen, c.level != Level::open);
    EXPECT_EQ(service_level(c.slos, now), c.level);
  }
}

TEST(Verdict, SaysWhatWasSpentAndWhereTheLineIs) {
  EXPECT_EQ(messages({slo(0.63)}),
            Messages({"63.0 % of the 30d error budget of api/availability is spent; "
                      "features freeze above 50 %"}));
  EXPECT_EQ(messages({slo(1)}),
            Messages({"100.0 % of the 30d error budget of api/availability is spent; "
                      "only hotfixes from 100 %"}));
  SloEvidence thawing = slo(0.6);
  thawing.steps[0].spent = thawing.steps[1].spent = 0.49;
  EXPECT_EQ(messages({thawing}),
            Messages({"49.0 % of the 30d error budget of api/availability is spent; "
                      "features freeze above 50 %, until below 48 %"}));
  EXPECT_EQ(messages({}), Messages({"api has no SLOs, so every change is allowed"}));
}

TEST(Verdict, SaysOverWhatTimeAStepLooks) {
  Policy policy = default_policy();
  policy.ladder[0].over = std::chrono::days(7);
  const Verdict answer = ask(Change::feature, {slo(0.63)}, policy);
  ASSERT_EQ(answer.reasons.size(), 1U);
  EXPECT_EQ(answer.reasons[0].message,
            "63.0 % of the 30d error budget of api/availability was spent in the last 7d; "
            "features freeze above 50 %");
  EXPECT_EQ(answer.reasons[0].window, Duration(std::chrono::days(7)));
}

TEST(Verdict, SaysWhatEvidenceIsMissingAndWhatFollows) {
  SloEvidence why = stale(0.1, OnMissing::deny, minutes(12) + Duration(300));
  why.why_missing = "scrape of 127.0.0.1:8080 failed: connection refused";
  EXPECT_EQ(messages({why}),
            Messages({"api/availability has had no new data for 12m (limit 5m): scrape of "
                      "127.0.0.1:8080 failed: connection refused; on_missing is deny, so only "
                      "hotfixes are allowed"}));
  EXPECT_EQ(messages({stale(0.1, OnMissing::allow, minutes(12))}),
            Messages({"api/availability has had no new data for 12m (limit 5m); "
                      "on_missing is allow, so this SLO is ignored"}));
  EXPECT_EQ(messages({stale(0.63, OnMissing::last_known, minutes(15))}),
            Messages({"63.0 % of the 30d error budget of api/availability is spent; "
                      "features freeze above 50 %",
                      "api/availability has had no new data for 15m (limit 5m); "
                      "on_missing is last_known, so the last level (feature_freeze) applies until "
                      "2026-11-24T12:50:00Z"}));
  EXPECT_EQ(messages({stale(0.63, OnMissing::last_known, hours(2))}),
            Messages({"api/availability has had no new data for 2h (limit 5m); "
                      "on_missing is last_known, but the last level expired at "
                      "2026-11-24T11:05:00Z, so only hotfixes are allowed"}));
  EXPECT_EQ(messages({never_read(OnMissing::last_known)}),
            Messages({"no data has been read for api/availability yet; on_missing is last_known, "
                      "but no level is known yet, so the verdict is inconclusive"}));
  EXPECT_EQ(messages({without_series(OnMissing::deny)}),
            Messages({"no series has matched the selectors of api/availability yet; on_missing "
                      "is deny, so only hotfixes are allowed"}));
}

TEST(Verdict, ExplainsTheLevelAlsoWhereTheChangeIsAllowed) {
  const Verdict answer = ask(Change::hotfix, {slo(1.2)});
  EXPECT_EQ(answer.outcome, Outcome::allow);
  ASSERT_EQ(answer.reasons.size(), 1U);
  EXPECT_EQ(answer.reasons[0].threshold, 1.0);
}

TEST(Verdict, SaysWhatIsNearestToAFreezeWhereNothingIsInForce) {
  const Verdict answer = ask(Change::feature, {slo(0.1), slo(0.2, "latency"), slo(0.15, "third")});
  EXPECT_EQ(answer.outcome, Outcome::allow);
  ASSERT_EQ(answer.reasons.size(), 1U);
  EXPECT_EQ(answer.reasons[0].kind, ReasonKind::budget_left);
  EXPECT_EQ(answer.reasons[0].spent, 0.2);
  EXPECT_EQ(answer.reasons[0].message,
            "20.0 % of the 30d error budget of api/latency is spent; features freeze above 50 %");

  Policy policy = default_policy();
  policy.ladder[1].spent = 0.1;
  policy.ladder[1].over = std::chrono::hours(6);
  SloEvidence evidence = slo(0);
  evidence.steps[0].spent = 0.2;
  evidence.steps[1].spent = 0.05;
  EXPECT_EQ(ask(Change::feature, {evidence}, policy).reasons.at(0).threshold, 0.1)
      << "half of the way, where the other has gone two fifths";

  evidence.steps[0].spent = evidence.steps[1].spent = std::nullopt;
  EXPECT_EQ(messages({evidence}),
            Messages({"api/availability has counted no events; features freeze above 50 %"}));
  evidence.steps.clear();
  EXPECT_TRUE(ask(Change::feature, {evidence}, Policy{}).reasons.empty()) << "no step is declared";
}

TEST(Verdict, NamesTheEarliestThaw) {
  SloEvidence unknown = slo(0.6);
  unknown.steps[0].earliest_thaw = std::nullopt;
  SloEvidence sooner = slo(0.6, "latency");
  sooner.steps[0].earliest_thaw = thaw_soon;
  struct Case {
    const char* what;
    Change change;
    std::vector<SloEvidence> slos;
    std::optional<Instant> expected;
  };
  const Case cases[] = {
      {"open", Change::feature, {slo(0.1)}, std::nullopt},
      {"denied: when it is allowed", Change::feature, {slo(0.6)}, thaw_late},
      {"the latest of its SLOs", Change::feature, {sooner, slo(0.6), slo(0.1, "p99")}, thaw_late},
      {"allowed: when the level is open", Change::hotfix, {slo(1.2)}, thaw_late},
      {"a fix waits for hotfix_only alone", Change::fix, {slo(1.2)}, thaw_soon},
      {"a fix waits for no frozen SLO", Change::fix, {slo(1.2), slo(0.6, "p99")}, thaw_soon},
      {"not known", Change::feature, {unknown, slo(0.6, "p99")}, std::nullopt},
      {"evidence is missing",
       Change::feature,
       {slo(0.6), stale(0.1, OnMissing::deny, minutes(9))},
       std::nullopt},
      {"inconclusive", Change::fix, {slo(0.6), never_read(OnMissing::last_known)}, std::nullopt},
      {"denied, and then inconclusive",
       Change::feature,
       {slo(0.6), never_read(OnMissing::last_known)},
       std::nullopt},
      {"denied, with evidence that does not count",
       Change::feature,
       {slo(0.6), never_read(OnMissing::allow)},
       thaw_late},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ask(c.change, c.slos).earliest_thaw, c.expected) << c.what;
  }
}

TEST(Verdict, TellsHowGoodTheEvidenceOfTheServiceIs) {
  SloEvidence older = slo(0.1, "latency");
  older.evidence_at = now - seconds(30);
  older.coverage = 0.9;
  const Verdict answer = ask(Change::feature, {slo(0.1), older});
  EXPECT_EQ(answer.evidence_age, Duration(seconds(30)));
  EXPECT_EQ(answer.coverage, 0.9);
  EXPECT_EQ(ask(Change::feature, {slo(0.1), never_read(OnMissing::allow)}).evidence_age,
            std::nullopt);
}

TEST(VerdictJson, IsTheDocumentedAnswer) {
  EXPECT_EQ(
      json_text(to_json(ask(Change::feature, {slo(0.63)}))),
      R"({"service":"api","change":"feature","verdict":"deny","level":"feature_freeze",)"
      R"("frozen":true,"reasons":[{"slo":"availability","kind":"budget_spent","spent_ratio":0.63,)"
      R"("spent_worst_ratio":0.64,"threshold_ratio":0.5,"window_seconds":2592000,"good":1234567,)"
      R"("total":1235345,"bad":778,"allowed_bad":1235.3,"coverage_ratio":0.998,)"
      R"("evidence_age_seconds":4.1,"message":"63.0 % of the 30d error budget of )"
      R"(api/availability is spent; features freeze above 50 %"}],)"
      R"("since":"2026-11-24T10:00:00Z","earliest_thaw":"2026-11-26T04:10:00Z","override":null,)"
      R"("evaluated_at":"2026-11-24T12:00:00Z"})");
}

TEST(VerdictJson, HasNullForWhatDoesNotExist) {
  const boost::json::object answer = to_json(ask(Change::fix, {never_read(OnMissing::last_known)}));
  EXPECT_EQ(answer.at("verdict"), "inconclusive");
  EXPECT_TRUE(answer.at("earliest_thaw").is_null());
  const boost::json::object& reason = answer.at("reasons").at(0).as_object();
  EXPECT_EQ(reason.at("kind"), "no_evidence");
  for (const char* key : {"spent_ratio", "spent_worst_ratio", "threshold_ratio", "window_seconds",
                          "good", "total", "bad", "allowed_bad", "evidence_age_seconds"}) {
    EXPECT_TRUE(reason.at(key).is_null()) << key;
  }
  EXPECT_TRUE(to_json(ask(Change::fix, {})).at("reasons").at(0).at("slo").is_null());
}

}  // namespace
}  // namespace slod::freeze
