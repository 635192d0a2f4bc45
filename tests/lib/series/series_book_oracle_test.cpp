// SeriesBook against its rules followed naively, over random batches with start timestamps and
// stale markers, which no page has.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

struct Said {
  int series = 0;
  double value = 0;
  Instant at;
  Instant start = no_start;
};

using Expected =
    std::tuple<std::string_view, double, Instant, Instant>;  ///< kind, events, interval

std::vector<Labels::Pair> labels_of(int series) {
  return {{"instance", fmt::format("{}", series % 3)}, {"x", fmt::format("{}", series)}};
}

class NaiveBook {
 public:
  explicit NaiveBook(bool is_server) : is_server_(is_server) {}

  std::map<int, Expected> record(const std::vector<Said>& batch, Instant now) {
    std::erase_if(known_, [&](const auto& known) {
      return !known.second.is_there && now - known.second.ended > std::chrono::hours(1);
    });
    std::set<int> instances;
    for (auto& [series, known] : known_) {
      if (!known.is_there) continue;
      instances.insert(series % 3);
      known.is_there = false;
      known.ended = now;
    }
    std::map<int, Expected> events;
    for (const Said& said : batch) {
      if (is_stale_marker(said.value)) continue;
      const bool is_new = !known_.contains(said.series);
      Known& known = known_[said.series];
      if (std::exchange(known.is_there, true)) continue;
      if (std::isnan(said.value) || (known.last && said.at <= known.last->second)) continue;
      const bool may_be_born = is_new && (!is_server_ || instances.contains(said.series % 3));
      events[said.series] = expected(known, said, may_be_born);
      known.last = {said.value, said.at};
    }
    last_ = now;
    return events;
  }

 private:
  struct Known {
    std::optional<std::pair<double, Instant>> last;
    Instant ended;
    bool is_there = false;
  };

  Expected expected(const Known& known, const Said& said, bool may_be_born) const {
    const bool has_start = said.start != no_start && said.start < said.at;
    if (known.last) {
      const auto [value, at] = *known.last;
      if (has_start && said.start > at) return {"reset", said.value, said.start, said.at};
      if (said.value < value) return {"reset", said.value, at, said.at};
      return {"continued", said.value - value, at, said.at};
    }
    if (last_ && has_start && said.start > *last_) return {"born", said.value, said.start, said.at};
    if (!last_ || !may_be_born) return {"baseline", 0, said.at, said.at};
    const Instant begin = *last_ < said.at ? *last_ : said.at - std::chrono::seconds(15);
    return {"born", said.value, begin, said.at};
  }

  bool is_server_;
  std::map<int, Known> known_;
  std::optional<Instant> last_;
};

std::vector<Said> random_batch(std::mt19937_64& random, Instant now) {
  const auto below = [&](std::uint64_t sides) { return static_cast<int>(random() % sides); };
  std::vector<Said> batch;
  for (int i = below(14); i > 0; --i) {
    Said said{.series = below(12), .value = static_cast<double>(below(100)), .at = now};
    if (below(10) == 0) said.value = std::nan("");
    if (below(10) == 0) said.value = stale_marker();
    if (below(3) == 0) said.at = now - std::chrono::seconds(below(40));
    if (below(2) == 0) said.start = said.at - std::chrono::seconds(below(80) - 5);
    batch.push_back(said);
  }
  return batch;
}

void follow_one_life(std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  const bool is_server = random() % 2 == 0;
  SeriesBook book(demand_of({"a"}), {.kind = is_server ? server_kind : target_kind});
  NaiveBook oracle(is_server);
  Instant now = second(0);
  for (int step = 0; step < 200; ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    now += std::chrono::seconds(random() % 40 == 0 ? 3000 : 1 + random() % 30);
    const std::vector<Said> said = random_batch(random, now);
    SampleBatch batch{.at = now};
    std::map<std::uint32_t, int> by_index;
    for (const Said& sample : said) {
      const std::uint32_t index = book.index_of("a", labels_of(sample.series));
      by_index[index] = sample.series;
      batch.samples.push_back({.series = index,
                               .has_timestamp = true,
                               .at = sample.at,
                               .value = sample.value,
                               .start = sample.start});
    }
    std::map<int, Expected> events;
    for (const Observation& seen : book.record(std::move(batch)).observations) {
      events[by_index.at(seen.series)] = {to_string(seen.kind), seen.events, seen.when.begin,
                                          seen.when.end};
    }
    ASSERT_EQ(events, oracle.record(said, now));
  }
}

TEST(SeriesBookOracle, FollowsTheRulesThroughRandomBatches) {
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    follow_one_life(seed);
  }
}

}  // namespace
}  // namespace slod
