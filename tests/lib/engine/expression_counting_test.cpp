// SLIs that are written as PromQL and counted on the raw series: each event once, as with
// selectors.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr std::string_view source = "scrape/api/a:1";

std::string with_slos(const std::string& slos) {
  return "scrape: [{job: api, targets: ['a:1'], interval: 15s}]\n"
         "services:\n"
         "  - name: api\n"
         "    slos:\n" +
         slos;
}

std::string slo(const std::string& name, const std::string& sli) {
  return fmt::format("      - name: {}\n        objective: 99%\n        window: 1d\n        {}\n",
                     name, sli);
}

std::string availability(const std::string& name, const std::string& total,
                         const std::string& part) {
  return slo(name, fmt::format("availability:\n          total: {}\n          {}", total, part));
}

/// The counters of one target: requests by code and path, with resets and births, and what truly
/// happened between its reads.
class Shop {
 public:
  explicit Shop(unsigned seed) : random_(seed) {}

  /// Serves for a while; a page of it.
  std::string serve() {
    // A restart, between two reads, that shows on every counter.
    if (below(20) == 0 && std::ranges::all_of(counters_, [](const Counter& counter) {
          return !counter.born || counter.value > 30;
        })) {
      for (Counter& counter : counters_) counter.value = 0;
    }
    std::string page;
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      Counter& counter = counters_[i];
      if (!counter.born && below(10) == 0) counter.born = true;
      if (!counter.born) continue;
      const auto events = static_cast<double>(below(30));
      counter.value += events;
      if (is_read_) counter.counted += events;
      page +=
          fmt::format("requests{{code=\"{}\",path=\"{}\"}} {}\n", code(i), i / 3, counter.value);
    }
    is_read_ = true;
    return page + "other 1\n";
  }

  double counted(std::string_view of_code) const {
    double sum = 0;
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      if (of_code.empty() || code(i) == of_code) sum += counters_[i].counted;
    }
    return sum;
  }

 private:
  struct Counter {
    bool born = false;
    double value = 0;
    double counted = 0;
  };

  static std::string_view code(std::size_t i) {
    constexpr std::array<std::string_view, 3> codes{"200", "429", "500"};
    return codes[i % 3];
  }
  int below(int bound) { return std::uniform_int_distribution(0, bound - 1)(random_); }

  std::mt19937 random_;
  std::array<Counter, 12> counters_{};
  bool is_read_ = false;
};

const std::string all = "sum(rate(requests[{{.window}}]))";

std::string of_code(const std::string& code) {
  return "sum(rate(requests{code=\"" + code + "\"}[{{.window}}]))";
}

TEST(CountedExpressions, CountWhatTrulyHappenedAndWhatSelectorsCount) {
  const std::string yaml = with_slos(
      availability("selectors", "requests", "bad: requests{code=~\"429|500\"}") +
      availability("sloth", all, "bad: sum(rate(requests{code=~\"(429|500)\"}[{{.window}}]))") +
      availability("added", all, "bad: " + of_code("429") + " + " + of_code("500")) +
      availability("complement", all,
                   "good: " + all + " - " + of_code("429") + " - " + of_code("500")) +
      availability("good", "sum by (path) (increase(requests[5m]))",
                   "good: sum(increase(requests{code=\"200\"}[5m])) or vector(0)") +
      availability("apart", of_code("200") + " + " + of_code("429") + " + " + of_code("500"),
                   "good: sum(rate(requests{code!=\"500\"}[1m])) - " + of_code("429")) +
      slo("ratio", "availability: {error_ratio: '" + of_code("500") + " / " + all + "'}"));
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Shop shop(seed);
    World world(yaml, at(0));
    double now = 0;
    for (int i = 0; i < 300; ++i) {
      now += 15;
      world.page(std::string(source), shop.serve(), at(now));
      world.step(at(now));
    }
    const double total = shop.counted("");
    const double bad = shop.counted("429") + shop.counted("500");
    for (const char* name : {"selectors", "sloth", "added", "complement", "good", "apart"}) {
      const Reading& reading = world.slo("api", name).reading;
      EXPECT_NEAR(reading.total, total, 1e-6) << name;
      EXPECT_NEAR(reading.bad, bad, 1e-6) << name;
      EXPECT_EQ(reading.coverage_ratio, world.slo("api", "selectors").reading.coverage_ratio);
    }
    EXPECT_NEAR(world.slo("api", "ratio").reading.bad, shop.counted("500"), 1e-6);
    EXPECT_GT(bad, 0);
  }
}

TEST(CountedExpressions, KeepTheLedgerOfTheSelectorsThatTheyStandFor) {
  const auto of = [](const std::string& total, const std::string& part) {
    return with_slos(availability("a", total, part));
  };
  Shop shop(7);
  World world(of("requests", "bad: requests{code=\"500\"}"), at(0));
  double now = 0;
  const auto serve = [&](int reads) {
    for (int i = 0; i < reads; ++i) {
      now += 15;
      world.page(std::string(source), shop.serve(), at(now));
      world.step(at(now));
      world.commit();
    }
  };
  serve(50);
  world.reconfigure(of(all, "bad: " + of_code("500")), at(now));
  serve(50);
  EXPECT_NEAR(world.slo("api", "a").reading.total, shop.counted(""), 1e-6);
  world.restart(of(all, "good: " + all + " - " + of_code("500")), at(now));
  EXPECT_EQ(world.problems(), std::vector<std::string>{});
  serve(50);
  EXPECT_NEAR(world.slo("api", "a").reading.total, shop.counted(""), 1e-6);
  EXPECT_NEAR(world.slo("api", "a").reading.bad, shop.counted("500"), 1e-6);
  // Another count is another ledger.
  world.reconfigure(of(all, "bad: " + of_code("429")), at(now));
  world.step(at(now));
  EXPECT_EQ(world.slo("api", "a").reading.total, 0);
}

}  // namespace
}  // namespace slod
