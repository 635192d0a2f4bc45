// Slices that are evaluated, on random histories with failed reads, vanishing series, reloads and
// restarts, against a naive evaluation over lists of samples.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr int interval = 15;
constexpr int slice = 60;

const std::string config_text = R"(
scrape: [{job: api, targets: ['a:1', 'b:1']}]
services:
  - name: api
    slos:
      - {name: threshold, objective: 90%, window: 1d, threshold: {expr: max(load), below: 0.9}}
      - name: availability
        objective: 90%
        window: 1d
        availability: {total: count(load), bad: count(load > 0.5) or vector(0)}
      - name: good
        objective: 90%
        window: 1d
        availability:
          total: 'sum(sum_over_time(load[{{.window}}]))'
          good: 'sum(sum_over_time(half[{{.window}}]))'
      - {name: ratio, objective: 90%, window: 1d, availability: {error_ratio: avg(load)}}
      - name: lazy_bad
        objective: 90%
        window: 1d
        availability: {total: count(load), bad: count(load > 0.5)}
      - name: lazy_good
        objective: 90%
        window: 1d
        availability: {total: count(load), good: count(load <= 0.5)}
      - name: lazy_ratio
        objective: 90%
        window: 1d
        availability: {error_ratio: count(load > 0.5) / count(load)}
      - {name: rate, objective: 90%, window: 1d, throughput: {total: sum(load) * 10, at_least: 9/s}}
)";

/// One gauge as the samples of it arrived.
struct Gauge {
  std::vector<std::pair<int, std::optional<double>>> samples;  ///< nullopt: it is gone

  void add(int when, std::optional<double> value) { samples.emplace_back(when, value); }
  void end(int when) {
    if (!samples.empty() && samples.back().second) add(when, std::nullopt);
  }
  std::optional<double> at_time(int when) const {
    std::optional<double> value;
    for (const auto& [time, sample] : samples) {
      if (time <= when) value = time > when - 300 ? sample : std::nullopt;
    }
    return value;
  }
  std::optional<double> sum_in(int begin, int end) const {
    std::optional<double> sum;
    for (const auto& [time, sample] : samples) {
      if (time > begin && time <= end && sample) sum = sum.value_or(0) + *sample;
    }
    return sum;
  }
};

/// What is expected of one SLO.
struct Expected {
  double total = 0;
  double bad = 0;
  double measured = 0;
};

class Naive {
 public:
  struct Target {
    bool feeds = false;
    bool was_read = false;  ///< the last time
    std::array<Gauge, 3> gauges;
  };

  std::array<Target, 2> targets;
  std::map<std::string, Expected> expected;

  void restart(int now) {
    readable_since_ = now;
    for (Target& target : targets) target = {};
    measured_.clear();
  }

  /// The time since the read before, of a target that could be read now or not.
  void account(Target& target, int now, bool is_read) {
    if (target.feeds && is_read && target.was_read) {
      const auto feeding = std::ranges::count_if(targets, &Target::feeds);
      for (int s = now - interval; s < now; ++s) {
        measured_[s / slice] += 1.0 / static_cast<double>(feeding);
      }
    }
    if (is_read) target.feeds = true;
    target.was_read = is_read;
  }

  /// Judges the slice that ends now.
  void judge(int now) {
    const int n = now / slice - 1;
    if (n * slice < readable_since_) return;
    const double measured = measured_[n];
    if (measured < 0.5 * slice - 1e-9) return;
    std::vector<double> load;
    double sum = 0;
    std::optional<double> over_time;
    std::optional<double> half_over_time;
    for (const Target& target : targets) {
      for (const Gauge& gauge : target.gauges) {
        if (const auto value = gauge.at_time(now)) load.push_back(*value);
        if (const auto value = gauge.sum_in(now - slice, now)) {
          over_time = over_time.value_or(0) + *value;
          half_over_time = half_over_time.value_or(0) + *value / 2;
        }
      }
    }
    for (const double value : load) sum += value;
    const auto bad =
        static_cast<double>(std::ranges::count_if(load, [](double value) { return value > 0.5; }));
    const auto size = static_cast<double>(load.size());
    if (over_time) note("good", *over_time, *over_time - *half_over_time, measured);
    if (load.empty()) return;
    note("threshold", 1, std::ranges::max(load) < 0.9 ? 0 : 1, measured);
    note("availability", size, bad, measured);
    note("ratio", 1, sum / size, measured);
    // What has no series is none, if all was read.
    const bool all_read = measured > 0.99 * slice;
    if (bad > 0 || all_read) note("lazy_bad", size, bad, measured);
    if (bad < size || all_read) note("lazy_good", size, bad, measured);
    if (bad > 0 || all_read) note("lazy_ratio", 1, bad / size, measured);
    note("rate", 1, sum * 10 >= 9 ? 0 : 1, measured);
  }

 private:
  void note(const std::string& slo, double total, double bad, double measured) {
    Expected& of = expected[slo];
    of.measured += measured;
    if (total == 0) return;
    of.total += total;
    of.bad += bad;
  }

  int readable_since_ = 0;
  std::map<int, double> measured_;
};

TEST(EvaluatedSloOracle, AgreesWithANaiveEvaluation) {
  constexpr std::array<std::string_view, 2> sources{"scrape/api/a:1", "scrape/api/b:1"};
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int bound) {
      return std::uniform_int_distribution(0, bound - 1)(random);
    };
    World world(config_text, at(0));
    Naive naive;
    std::array<int, 2> failing{};
    std::array<std::array<bool, 3>, 2> present{};
    int now = 0;
    for (; now < 4 * 3600; now += interval) {
      for (std::size_t t = 0; t < 2; ++t) {
        Naive::Target& target = naive.targets[t];
        const std::string source(sources[t]);
        if (failing[t] > 0) {
          --failing[t];
        } else if (below(40) == 0) {
          failing[t] = 1 + below(30);
        }
        const bool is_read = failing[t] == 0;
        naive.account(target, now, is_read);
        if (!is_read) {
          for (Gauge& gauge : target.gauges) gauge.end(now);
          world.fail(source, at(now));
          continue;
        }
        std::string page;
        for (std::size_t g = 0; g < 3; ++g) {
          if (below(10) == 0) present[t][g] = below(4) > 0;
          if (!present[t][g] && g > 0) {  // the first is always there
            target.gauges[g].end(now);
            continue;
          }
          const double value = below(101) / 100.0;
          page += fmt::format("load{{n=\"{}\"}} {}\nhalf{{n=\"{}\"}} {}\n", g, value, g, value / 2);
          target.gauges[g].add(now, value);
        }
        world.page(source, page, at(now));
      }
      world.step(at(now));
      world.run_jobs(at(now));
      world.step(at(now));
      world.commit();
      if (now > 0 && now % slice == 0) naive.judge(now);
      if (below(200) == 0) {
        world.restart(config_text, at(now + 1));
        naive.restart(now + 1);
      } else if (below(100) == 0) {
        world.reconfigure(config_text, at(now));
      }
    }
    EXPECT_EQ(world.problems(), std::vector<std::string>{});
    for (const auto& [name, expected] : naive.expected) {
      const SloSnapshot& slo = world.slo("api", name);
      EXPECT_NEAR(slo.lifetime.total, expected.total, 1e-6) << name;
      EXPECT_NEAR(slo.lifetime.bad, expected.bad, 1e-6) << name;
      const double counted = seconds(slo.reading.counted.length());
      EXPECT_NEAR(slo.reading.coverage_ratio.value() * counted, expected.measured, 1) << name;
      EXPECT_GT(expected.total, 50) << name;
    }
  }
}

}  // namespace
}  // namespace slod
