// Pages and the book of a source against their rules followed naively, over many randomised lives
// of a source. Each series is a process of its own, and falls and births are plain: what they mean
// among others is the matter of evidence_test.cpp and certainty_test.cpp.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int below(int sides) { return static_cast<int>(random_() % static_cast<std::uint64_t>(sides)); }
  bool one_in(int sides) { return below(sides) == 0; }
  template <typename Values>
  void shuffle(Values& values) {
    std::ranges::shuffle(values, random_);
  }

 private:
  std::mt19937_64 random_;
};

/// One series of the simulated source, and what it has counted.
struct Simulated {
  std::string metric;
  std::vector<Labels::Pair> labels;
  double count = 0;
  bool on_page = true;

  std::string name() const { return metric + to_text(Labels(labels)); }
};

/// A sample line in its parts. `text` is what the page says, `value` what that means.
struct Line {
  std::string name;  ///< metric and labels in their one canonical form
  Labels labels;
  std::string metric;
  std::string text;
  double value = 0;
  std::optional<Instant> at;
};

/// Writes a sample with its labels in any order, blanks in any place and `le` in any spelling.
std::string written(const Simulated& series, std::string_view value, std::optional<Instant> at,
                    Dice& dice) {
  auto labels = series.labels;
  if (dice.one_in(4)) dice.shuffle(labels);
  std::string text = series.metric + (dice.one_in(8) ? " {" : "{");
  for (const auto& [name, label_value] : labels) {
    const bool respell = name == "le" && label_value == "1.0" && dice.one_in(2);
    text += fmt::format("{}=\"{}\",", name, respell ? "1" : label_value);
  }
  if (dice.one_in(2)) text.pop_back();
  text += fmt::format("}} {}", value);
  if (at) text += fmt::format(" {}", at->time_since_epoch().count());
  return text + (dice.one_in(10) ? "\r\n" : "\n");
}

using Expected = std::tuple<std::string, double, double, double>;  ///< kind, events, begin, end

/// The rules of SeriesBook, followed step by step over plain maps.
class RuleOracle {
 public:
  explicit RuleOracle(Duration interval) : interval_(interval) {}

  /// Only what a demand takes is kept. A demand that comes back begins again.
  void set_demands(std::set<std::string> texts) {
    demands_ = std::move(texts);
    std::erase_if(read_demands_, [&](const auto& text) { return !demands_.contains(text); });
    std::erase_if(known_, [&](const auto& known) { return demands_of(known.second.line).empty(); });
  }

  /// Whether a timestamp stood is then known by its age alone.
  void restart() {
    for (auto& [name, known] : known_) {
      known.stood_until.reset();
      if (!known.on_last_page || !known.last) continue;
      if (*last_read_ - known.last->second > std::chrono::minutes(5)) {
        known.stood_until = last_read_;
      }
    }
  }

  std::map<std::string, Expected> read(const std::vector<Line>& page, Instant now) {
    std::erase_if(known_, [&](const auto& known) {
      return !known.second.on_last_page && now - known.second.ended > std::chrono::hours(1);
    });
    for (auto& [name, known] : known_) {
      if (!known.on_last_page) continue;
      known.on_last_page = false;
      known.ended = now;  // unless it is on this page too
    }
    std::map<std::string, Expected> events;
    for (const Line& line : page) {
      const auto demands = demands_of(line);
      if (demands.empty()) continue;
      const bool is_new = !known_.contains(line.name);
      Known& known = known_[line.name];
      if (known.on_last_page) continue;  // a duplicate
      known.line = line;
      known.on_last_page = true;
      const Instant at = line.at.value_or(now);
      if (!(line.value >= 0) || std::isinf(line.value)) continue;
      if (at > now + std::chrono::minutes(10)) continue;
      if (known.last && at <= known.last->second) {
        if (line.at && at == known.last->second) known.stood_until = now;
        continue;
      }
      const bool asked_before = std::ranges::any_of(
          demands, [&](const auto& text) { return read_demands_.contains(text); });
      const bool born = is_new && last_read_ && asked_before;
      events[line.name] = expected(known, line.value, at, born);
      if (line.at) bound(events[line.name], known, now);
      const bool dips = std::get<0>(events[line.name]) == "dip";
      if (!dips) known.low.reset();
      known.last = {dips ? known.last->first : line.value, at};
    }
    last_read_ = now;
    read_demands_ = demands_;
    return events;
  }

 private:
  struct Known {
    Line line;
    std::optional<std::pair<double, Instant>> last;
    std::optional<std::pair<double, Instant>> low;  ///< since its last dip
    Instant ended;
    bool on_last_page = false;
    std::optional<Instant> stood_until;
  };

  /// What follows a timestamp that stood, or was older than five minutes, followed the last read at
  /// which it did.
  void bound(Expected& event, Known& known, Instant now) const {
    auto& [kind, events, begin, end] = event;
    const bool is_old = second_of(now) - end > 300;
    if (known.stood_until && second_of(*known.stood_until) < end) {
      begin = std::max(begin, second_of(*known.stood_until));
    }
    if (is_old && kind == "baseline") begin = end = second_of(now);
    if (is_old) known.stood_until = now;
  }

  Expected expected(Known& known, double value, Instant at, bool born) const {
    const auto& last = known.last;
    const double end = second_of(at);
    if (last) {
      const bool reset = value < last->first;
      if (reset && value > 0.9 * last->first) {
        if (!known.low) known.low = {value, at};
        const auto [first, since] = *known.low;
        if (at - since <= std::chrono::minutes(5)) return {"dip", 0, second_of(last->second), end};
        return {"continued", std::max(0.0, value - first), second_of(since), end};
      }
      return {reset ? "reset" : "continued", reset ? value : value - last->first,
              second_of(last->second), end};
    }
    if (!born) return {"baseline", 0, end, end};
    return {"born", value, second_of(*last_read_ < at ? *last_read_ : at - interval_), end};
  }

  /// Which of the demands this test uses take a line, without selectors.
  std::set<std::string> demands_of(const Line& line) const {
    std::set<std::string> taken;
    const bool is_error = line.labels.get("code").starts_with('5');
    for (const auto& text : demands_) {
      if (text == "a" && line.metric == "a") taken.insert(text);
      if (text == R"(a{code=~"5.."})" && line.metric == "a" && is_error) taken.insert(text);
      if (text == R"(h_bucket{le="1.0"})" && line.metric == "h_bucket" &&
          line.labels.get("le") == "1.0") {
        taken.insert(text);
      }
    }
    return taken;
  }

  Duration interval_;
  std::set<std::string> demands_;
  std::set<std::string> read_demands_;
  std::map<std::string, Known> known_;
  std::optional<Instant> last_read_;
};

Simulated new_series(Dice& dice) {
  Simulated series;
  series.metric = std::array{"a", "h_bucket", "other"}[static_cast<std::size_t>(dice.below(3))];
  series.labels = {{"job", "j"}, {"instance", fmt::format("i{}", dice.below(4))}};
  series.labels.emplace_back(
      "code", std::array{"200", "404", "500"}[static_cast<std::size_t>(dice.below(3))]);
  if (series.metric == "h_bucket")
    series.labels.emplace_back("le", dice.one_in(2) ? "1.0" : "+Inf");
  series.labels.emplace_back("pod", fmt::format("p{}", dice.below(6)));
  std::string& job = series.labels.front().second;
  job += series.metric;
  for (std::size_t i = 1; i < series.labels.size(); ++i) job += series.labels[i].second;
  series.count = dice.one_in(3) ? dice.below(10) : 0;
  return series;
}

/// One step in the life of the source: counting, restarts, series that come, go and come back.
void live(std::map<std::string, Simulated>& world, Dice& dice) {
  if (dice.one_in(2)) {
    const Simulated series = new_series(dice);
    world.emplace(series.name(), series);
  }
  if (dice.one_in(25)) world.clear();
  for (auto& [name, series] : world) {
    if (series.on_page && dice.one_in(2)) series.count += dice.below(30);
    if (dice.one_in(40)) series.count = dice.below(2);
    if (dice.one_in(12)) series.on_page = !series.on_page;
  }
  if (!world.empty() && dice.one_in(6)) world.erase(world.begin());
}

/// The page of this moment, with unusable values, old and far timestamps, and duplicated lines.
std::vector<Line> page_lines(const std::map<std::string, Simulated>& world, bool stamps,
                             Instant now, Dice& dice) {
  const bool family_missing = dice.one_in(10);
  std::vector<Line> lines;
  for (const auto& [name, series] : world) {
    if (!series.on_page || (family_missing && series.metric == "a")) continue;
    for (int copies = dice.one_in(20) ? 2 : 1; copies > 0; --copies) {
      Line line;
      line.name = name;
      line.labels = Labels(series.labels);
      line.metric = series.metric;
      line.value = series.count;
      std::string value = fmt::format("{}", line.value);
      if (dice.one_in(25)) {
        value = std::array{"NaN", "+Inf", "-3"}[static_cast<std::size_t>(dice.below(3))];
        line.value = -1;
      }
      if (stamps && !dice.one_in(5)) {
        line.at = now - std::chrono::seconds(dice.below(60));
        if (dice.one_in(40)) line.at = now + std::chrono::minutes(5 + dice.below(10));
      }
      line.text = written(series, value, line.at, dice);
      lines.push_back(std::move(line));
    }
  }
  if (dice.one_in(3)) dice.shuffle(lines);
  return lines;
}

Duration next_wait(Dice& dice) {
  if (dice.one_in(60)) return std::chrono::minutes(50 + dice.below(40));
  return std::chrono::milliseconds(1000 + dice.below(30'000));
}

std::set<std::string> random_demands(Dice& dice) {
  std::set<std::string> demands;
  for (const auto text : {"a", R"(a{code=~"5.."})", R"(h_bucket{le="1.0"})"}) {
    if (!dice.one_in(3)) demands.insert(text);
  }
  return demands;
}

std::shared_ptr<const Demand> demand_of_set(const std::set<std::string>& texts) {
  return demand_of({texts.begin(), texts.end()});
}

std::map<std::string, Expected> events_of(const SeriesBook& book, const BatchResult& result) {
  std::map<std::string, Expected> events;
  for (const auto& observation : result.observations) {
    const bool first =
        events
            .emplace(name_of(book.series(observation.series)),
                     Expected{to_string(observation.kind), observation.events,
                              second_of(observation.when.begin), second_of(observation.when.end)})
            .second;
    EXPECT_TRUE(first);
  }
  return events;
}

/// Reads a source's whole life, with demands that change, pages that fail and restarts of slod.
void follow_one_life(std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Dice dice(seed);
  const bool stamps = dice.one_in(2);
  const SourceOptions options{.kind = target_kind};
  auto demands = random_demands(dice);
  ScrapedSource source(demand_of_set(demands), options);
  RuleOracle oracle(options.interval);
  oracle.set_demands(demands);
  std::map<std::string, Simulated> world;
  Instant now = second(0);
  for (int step = 0; step < 150; ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    now += next_wait(dice);
    live(world, dice);
    if (dice.one_in(15)) {
      demands = random_demands(dice);
      source.book.set_demand(demand_of_set(demands));
      oracle.set_demands(demands);
    }
    if (dice.one_in(15)) {
      ScrapedSource restarted(demand_of_set(demands), options);
      const auto restored =
          restarted.book.restore(source.book.series_bytes(), source.book.values_bytes());
      ASSERT_TRUE(restored.has_value()) << restored.error();
      source = std::move(restarted);
      oracle.restart();
    }
    const auto lines = page_lines(world, stamps, now, dice);
    std::string page = "# TYPE a counter\n";
    for (const auto& line : lines) page += line.text;
    if (dice.one_in(12)) {
      ASSERT_FALSE(source.record_page(page + "<html>\n", now).has_value());
      continue;
    }
    const auto result = source.record_page(page, now);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    ASSERT_EQ(result->batch.exposed, lines.size());
    ASSERT_EQ(events_of(source.book, *result), oracle.read(lines, now));
  }
}

TEST(SourceOracle, FollowsTheRulesThroughRandomLives) {
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    follow_one_life(seed);
  }
}

}  // namespace
}  // namespace slod
