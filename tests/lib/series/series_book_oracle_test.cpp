// SeriesBook against its rules followed naively, over random batches with start timestamps and
// stale markers, which no page has. Each series is a process of its own, and falls and births are
// plain: what they mean among others is the matter of evidence_test.cpp and certainty_test.cpp.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
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
  return {{"job", fmt::format("{}", series)}, {"instance", fmt::format("{}", series)}};
}

class NaiveBook {
 public:
  std::map<int, Expected> record(const std::vector<Said>& batch, Instant now) {
    std::erase_if(known_, [&](const auto& known) {
      return !known.second.is_there && now - known.second.ended > std::chrono::hours(1);
    });
    for (auto& [series, known] : known_) {
      if (!known.is_there) continue;
      known.is_there = false;
      known.ended = now;
    }
    std::map<int, Expected> events;
    for (const Said& said : batch) {
      if (is_stale_marker(said.value)) continue;
      const bool is_new = !known_.contains(said.series);
      Known& known = known_[said.series];
      if (std::exchange(known.is_there, true)) continue;
      if (std::isnan(said.value)) continue;
      if (known.last && said.at == known.last->second) known.stood_until = now;
      if (known.last && said.at <= known.last->second) continue;
      events[said.series] = expected(known, said, is_new);
      bound(events[said.series], known, now);
      const bool dips = std::get<0>(events[said.series]) == "dip";
      if (!dips) known.low.reset();
      known.last = {dips ? known.last->first : said.value, said.at};
    }
    last_ = now;
    return events;
  }

 private:
  struct Known {
    std::optional<std::pair<double, Instant>> last;
    std::optional<std::pair<double, Instant>> low;  ///< since its last dip
    Instant ended;
    bool is_there = false;
    std::optional<Instant> stood_until;
  };

  /// What follows a timestamp that stood, or was older than five minutes, followed the last read at
  /// which it did.
  static void bound(Expected& event, Known& known, Instant now) {
    auto& [kind, events, begin, end] = event;
    const bool is_old = now - end > std::chrono::minutes(5);
    if (known.stood_until && *known.stood_until < end) begin = std::max(begin, *known.stood_until);
    if (is_old && kind == "baseline") begin = end = now;
    if (is_old) known.stood_until = now;
  }

  Expected expected(Known& known, const Said& said, bool may_be_born) const {
    const bool has_start = said.start != no_start && said.start < said.at;
    if (known.last) {
      const auto [value, at] = *known.last;
      if (has_start && said.start > at) return {"reset", said.value, said.start, said.at};
      if (said.value >= value) return {"continued", said.value - value, at, said.at};
      if (said.value > 0.9 * value) {
        if (!known.low) known.low = {said.value, said.at};
        const auto [first, since] = *known.low;
        if (said.at - since <= std::chrono::minutes(5)) return {"dip", 0, at, said.at};
        return {"continued", std::max(0.0, said.value - first), since, said.at};
      }
      return {"reset", said.value, at, said.at};
    }
    if (last_ && has_start && said.start > *last_) return {"born", said.value, said.start, said.at};
    if (!last_ || !may_be_born) return {"baseline", 0, said.at, said.at};
    const Instant begin = *last_ < said.at ? *last_ : said.at - std::chrono::seconds(15);
    return {"born", said.value, begin, said.at};
  }

  std::map<int, Known> known_;
  std::optional<Instant> last_;
};

/// Counters rise, and begin again now and then.
std::vector<Said> random_batch(std::mt19937_64& random, std::map<int, int>& counters, Instant now) {
  const auto below = [&](std::uint64_t sides) { return static_cast<int>(random() % sides); };
  std::vector<Said> batch;
  for (int i = below(14); i > 0; --i) {
    Said said{.series = below(12), .at = now};
    int& counter = counters[said.series];
    counter = below(8) == 0 || counter > 70 ? below(2) : counter + below(30);
    said.value = counter;
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
  SeriesBook book(demand_of({"a"}), {.kind = target_kind});
  NaiveBook oracle;
  std::map<int, int> counters;
  Instant now = second(0);
  for (int step = 0; step < 200; ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    now += std::chrono::seconds(random() % 40 == 0 ? 3000 : 1 + random() % 30);
    const std::vector<Said> said = random_batch(random, counters, now);
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
