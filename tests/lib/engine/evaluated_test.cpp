// SLOs that are judged by expressions, from samples to verdicts.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

std::string with(const std::string& slo, const std::string& rest = "") {
  return R"(
scrape: [{job: api, targets: ['a:1'], interval: 15s}]
services:
  - name: api
    slos:
      - {name: slo, objective: 90%, window: 1h, )" +
         slo + "}\n" + rest;
}

class Evaluated : public testing::Test {
 protected:
  void start(const std::string& yaml) { world_.emplace(yaml, at(0)); }

  /// From the beginning, with a load of 1.
  void count_ten_slices(const char* sli) {
    now_ = 0;
    start(with(sli));
    run(601, 1);
    EXPECT_EQ(slo().reading.total, 10);
  }

  void run(int until, std::optional<double> load) {
    for (; now_ < until; ++now_) {
      if (now_ % 15 == 0) {
        world_->attempt("scrape/api/a:1", load_page(load), at(now_));
        world_->engine().record_own({{{{"__name__", "slod_own"}}, own_}}, at(now_));
      }
      step();
    }
  }
  void step() {
    world_->step(at(now_));
    world_->run_jobs(at(now_));
    world_->commit();
  }
  const SloSnapshot& slo() {
    world_->step(at(now_));
    return world_->slo("api", "slo");
  }

  std::optional<World> world_;
  int now_ = 0;
  double own_ = 0;
};

TEST_F(Evaluated, SpendAndFreeze) {
  start(with("threshold: {expr: max(load), below: 1}"));
  run(600, 0.5);
  EXPECT_EQ(slo().reading.total, 9);
  EXPECT_EQ(slo().reading.bad, 0);
  EXPECT_EQ(world_->verdict("api").level, freeze::Level::open);
  run(901, 2);
  EXPECT_EQ(slo().reading.total, 15);
  EXPECT_EQ(slo().reading.bad, 6);  // one of them ended as the first bad sample came
  EXPECT_NE(world_->verdict("api").level, freeze::Level::open);
  EXPECT_EQ(slo().evidence.evidence_at, at(900));
}

TEST_F(Evaluated, SayWhyAValueIsMissing) {
  start(with("threshold: {expr: max(load) / max(nothing), below: 1}"));
  run(200, 0.5);
  EXPECT_EQ(slo().reading.total, 0);
  EXPECT_EQ(slo().evidence.why_missing, "expr has no value");
  EXPECT_FALSE(slo().reading.coverage_ratio.value_or(0) > 0);
}

TEST_F(Evaluated, CountNoErrorsWhereTheErrorSeriesDoesNotExist) {
  const char* const slis[] = {
      "availability: {total: avg(load), bad: avg(errors)}",
      "availability: {total: avg(load), good: avg(load) - avg(errors)}",
      "availability: {error_ratio: avg(errors) / avg(load)}",
      "availability: {error_ratio: 1 - (avg(load) - avg(errors)) / avg(load)}",
  };
  for (const char* sli : slis) {
    SCOPED_TRACE(sli);
    count_ten_slices(sli);
    EXPECT_EQ(slo().reading.bad, 0);
    EXPECT_NEAR(slo().reading.coverage_ratio.value(), 1, 1e-9);
  }
}

TEST_F(Evaluated, CountNoSuccessWhereTheGoodSeriesDoesNotExist) {
  const char* const slis[] = {
      "availability: {total: avg(load), good: avg(successes)}",
      "availability: {total: avg(load), bad: avg(load) - avg(successes)}",
      "availability: {error_ratio: 1 - avg(successes) / avg(load)}",
      "availability: {error_ratio: (avg(load) - avg(successes)) / avg(load)}",
  };
  for (const char* sli : slis) {
    SCOPED_TRACE(sli);
    count_ten_slices(sli);
    EXPECT_EQ(slo().reading.bad, 10);
  }
}

TEST_F(Evaluated, AreMissingWhereATotalDoesNotExist) {
  start(with("availability: {error_ratio: avg(load) / avg(nothing)}"));
  run(301, 1);
  EXPECT_EQ(slo().reading.total, 0);
  EXPECT_EQ(slo().evidence.why_missing, "error_ratio has no value");
}

TEST_F(Evaluated, KnowWhetherATargetIsUpWhenItIsNot) {
  start(with("threshold: {expr: min(up), above: 0}"));
  run(300, 1);
  run(601, std::nullopt);
  EXPECT_EQ(slo().reading.total, 10);
  EXPECT_EQ(slo().reading.bad, 6);  // it went down as a slice ended
  EXPECT_NEAR(slo().reading.coverage_ratio.value(), 1, 1e-9);
}

TEST_F(Evaluated, MissTheTimeInWhichNothingWasRead) {
  start(with("threshold: {expr: max(load), below: 1}"));
  run(300, 2);
  run(600, std::nullopt);
  EXPECT_EQ(slo().reading.total, 4);
  run(901, 2);
  EXPECT_EQ(slo().reading.total, 9);
  EXPECT_LT(slo().reading.coverage_ratio.value(), 0.7);
}

TEST_F(Evaluated, ReadSlodsOwnSeries) {
  start(with("threshold: {expr: slod_own, below: 1}", "rules: [{record: x, expr: load}]"));
  run(300, 1);
  own_ = 5;
  run(631, 1);
  EXPECT_EQ(slo().reading.total, 10);
  EXPECT_EQ(slo().reading.bad, 6);
}

TEST_F(Evaluated, ReadWhatRulesRecord) {
  start(with("availability: {error_ratio: 'r:load / 10'}",
             "rules: [{record: 'r:load', expr: load}]"));
  run(331, 5);
  EXPECT_NEAR(slo().reading.sli_ratio.value(), 0.5, 1e-9);
  EXPECT_GE(slo().reading.total, 3);
}

TEST_F(Evaluated, GoOnAfterARestartAndAReload) {
  const std::string yaml = with("threshold: {expr: max(load), below: 1}");
  start(yaml);
  run(301, 2);
  EXPECT_EQ(slo().reading.bad, 5);
  world_->reconfigure(yaml, at(now_));
  run(601, 2);
  EXPECT_EQ(slo().reading.bad, 10);
  EXPECT_NEAR(slo().reading.coverage_ratio.value(), 1, 1e-9);
  now_ += 90;
  world_->restart(yaml, at(now_));
  EXPECT_TRUE(world_->problems().empty());
  EXPECT_EQ(slo().reading.bad, 10);
  run(1021, 2);
  EXPECT_EQ(slo().reading.bad, 15);  // minutes 13 to 17
  EXPECT_LT(slo().reading.coverage_ratio.value(), 0.95);
}

TEST_F(Evaluated, GiveUpOnSlicesThatAreTooLate) {
  start(with("threshold: {expr: max(load), below: 1}"));
  for (; now_ < 1500; now_ += 15) {  // the jobs are not run
    world_->page("scrape/api/a:1", "load 2\n", at(now_));
    world_->step(at(now_));
  }
  EXPECT_EQ(slo().reading.total, 0);
  run(1501, 2);
  EXPECT_EQ(slo().reading.total, 11);  // those of the last ten minutes
  EXPECT_LT(slo().reading.coverage_ratio.value(), 0.5);
}

TEST_F(Evaluated, DropWhatAReloadOvertook) {
  start(with("threshold: {expr: max(load), below: 1}"));
  for (; now_ < 241; ++now_) {
    if (now_ % 15 == 0) world_->page("scrape/api/a:1", "load 2\n", at(now_));
    world_->step(at(now_));
  }
  std::vector<Job> jobs = world_->engine().take_jobs(at(now_));
  ASSERT_EQ(jobs.size(), 1);
  EXPECT_TRUE(world_->engine().take_jobs(at(now_)).empty());  // one piece at a time
  world_->reconfigure(with("threshold: {expr: min(load), below: 1}"), at(now_));
  jobs[0].run()(world_->engine(), at(now_));
  EXPECT_EQ(slo().reading.total, 0);
}

}  // namespace
}  // namespace slod
