// What the configuration cannot mean, found in what is counted.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

const std::string source = "scrape/j/a:1";
const std::string one_slo = R"(
scrape: [{job: j, targets: ['a:1'], interval: 15s}]
services:
  - name: api
    slos:
      - {name: a, objective: 99%, window: 1d, availability: {total: all, good: good}}
)";

/// Ten minutes of reads in which `good` grows so much faster than `all`.
class Reads {
 public:
  explicit Reads(World& world) : world_(world) {}

  void run(double good_per_event) {
    for (int i = 0; i < 40; ++i) {
      now_ += 15;
      all_ += 10;
      good_ += 10 * good_per_event;
      world_.page(source, fmt::format("all {}\ngood {}\n", all_, good_), at(now_));
      world_.step(at(now_));
    }
  }
  double now() const { return now_; }

 private:
  World& world_;
  double now_ = 0;
  double all_ = 0;
  double good_ = 0;
};

TEST(Findings, SayOnceThatGoodEventsAreNoPartOfTheTotal) {
  World world(one_slo, at(0));
  Reads reads(world);
  reads.run(0.5);
  EXPECT_EQ(world.engine().take_warnings(), Texts{});
  EXPECT_EQ(world.slo("api", "a").finding, "");
  reads.run(2);
  const Texts warnings = world.engine().take_warnings();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(
      warnings[0].starts_with("the counts of api/a do not belong together: good events "
                              "were "))
      << warnings[0];
  EXPECT_NE(world.slo("api", "a").finding, "");
  reads.run(2);
  EXPECT_EQ(world.engine().take_warnings(), Texts{});
  reads.run(1);
  EXPECT_EQ(world.slo("api", "a").finding, "");
  EXPECT_EQ(world.engine().take_notes(), Texts{"the counts of api/a belong together again"});
  reads.run(2);
  EXPECT_EQ(world.engine().take_warnings().size(), 1U);
}

TEST(Findings, OutliveAReloadOfTheSameSlo) {
  World world(one_slo, at(0));
  Reads reads(world);
  reads.run(2);
  EXPECT_EQ(world.engine().take_warnings().size(), 1U);
  world.reconfigure(one_slo + "\n# the same\n", at(reads.now()));
  reads.run(2);
  EXPECT_EQ(world.engine().take_warnings(), Texts{}) << "it was said";
  EXPECT_NE(world.slo("api", "a").finding, "");
}

TEST(Findings, ComeFromValuesOfExpressionsToo) {
  World world(R"(
scrape: [{job: j, targets: ['a:1'], interval: 15s}]
services:
  - name: api
    slos:
      - {name: a, objective: 99%, window: 1d, availability: {total: avg(all), good: avg(good)}}
      - {name: b, objective: 99%, window: 1d, availability: {error_ratio: avg(good) / avg(all)}}
)",
              at(0));
  for (int second = 0; second <= 600; second += 15) {
    world.page(source, "all 10\ngood 20\n", at(second));
    world.step(at(second));
    world.run_jobs(at(second));
  }
  world.step(at(601));
  EXPECT_EQ(world.slo("api", "a").finding,
            "good events were 200 % of total in 3m: good counts what is no part of total");
  EXPECT_EQ(world.slo("api", "b").finding,
            "bad events were 200 % of total in 3m: bad counts what is no part of total");
}

}  // namespace
}  // namespace slod
