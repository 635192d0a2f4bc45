// The book of a source against the truth: simulated processes whose events are known.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

/// A target whose counters are known from the inside. Its first page has every series. It shows
/// what many processes count, and some of them never end.
///
/// The rules are exact for it. They are an approximation in three cases, which it avoids: what is
/// counted between the last read and the end of a process is seen by no one, so a process ends
/// right after a read that saw it; a process that counts beyond its predecessor's last value
/// before it is read is taken for its continuation, so one ends only after counting much; and a
/// family that is missing for over an hour is taken for new, so none is before a long gap.
class SimulatedTarget {
 public:
  explicit SimulatedTarget(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < lasting; ++i) counters_[name(i)] = {.value = 1000 + below(2000)};
  }

  int below(int sides) { return static_cast<int>(random_() % static_cast<std::uint64_t>(sides)); }

  void count() {
    if (below(3) == 0) counters_.try_emplace(name(below(40)));
    for (auto& [series, counter] : counters_) {
      const int events = below(20);
      counter.value += events;
      events_[series] += events;
    }
  }

  /// The page: shuffled, with a second and wrong line for some series, at times without a family.
  std::string page(bool whole) {
    std::vector<std::string> lines;
    seen_.clear();
    const int missing = whole ? 4 : below(40);  // of the families 0 to 3
    is_whole_ = missing > 3;
    for (const auto& [series, counter] : counters_) {
      if (series.starts_with(fmt::format("a{}", missing))) continue;
      seen_.push_back(series);
      lines.push_back(fmt::format("{} {}\n", series, counter.value));
      if (below(10) == 0) lines.back() += fmt::format("{} {}\n", series, below(3000));
    }
    if (below(2) == 0) std::ranges::shuffle(lines, random_);
    std::string text;
    for (const auto& line : lines) text += line;
    return text;
  }

  /// Some of the processes that the last page showed end, or end and start again.
  void end_processes() {
    for (const auto& series : seen_) {
      auto& counter = counters_.at(series);
      if (counter.value < 1000 || below(8) != 0 || is_lasting(series)) continue;
      counter.value = 0;
      if (below(2) == 0) counters_.erase(series);
    }
  }

  bool is_whole() const { return is_whole_; }
  void forget_events() { events_.clear(); }
  const std::map<std::string, double>& events() const { return events_; }

 private:
  struct Process {
    int value = 0;
  };

  static constexpr int lasting = 8;

  static bool is_lasting(const std::string& series) {
    for (int i = 0; i < lasting; ++i) {
      if (series == name(i)) return true;
    }
    return false;
  }

  static std::string name(int i) { return fmt::format("a{}{{pod=\"{}\"}}", i % 4, i); }

  std::mt19937_64 random_;
  std::map<std::string, Process> counters_;
  std::map<std::string, double> events_;
  std::vector<std::string> seen_;
  bool is_whole_ = true;
};

void count_one_life(std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  SimulatedTarget target(seed);
  ScrapedSource source(demand_of({"a0", "a1", "a2", "a3"}), {});
  std::map<std::string, double> counted;
  Instant now = second(0);
  bool last_was_whole = true;
  constexpr int steps = 300;
  for (int step = 0; step < steps; ++step) {
    now += std::chrono::milliseconds(1000 + target.below(20'000));
    if (last_was_whole && target.below(50) == 0) now += std::chrono::minutes(70);
    target.count();
    const bool first = step == 0;
    const bool last = step == steps - 1;
    const std::string page = target.page(first || last);
    if (!first && !last && target.below(6) == 0) {
      ASSERT_FALSE(source.record_page(page + "503 Service Unavailable", now).has_value());
      continue;
    }
    const auto result = source.record_page(page, now);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    last_was_whole = target.is_whole();
    for (const auto& observation : result->observations) {
      if (observation.kind == Observation::Kind::baseline) continue;
      counted[name_of(source.book.series(observation.series))] += observation.events;
    }
    if (first) target.forget_events();
    target.end_processes();
  }
  ASSERT_EQ(counted, target.events());
}

TEST(SourceTruth, LosesNoEventAndInventsNone) {
  for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
    count_one_life(seed);
  }
}

}  // namespace
}  // namespace slod
