#include "lib/slo/part_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;
using Change = PartWatch::Change;

constexpr Instant start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// One SLO that is read every 15 seconds, and its watch.
class Watched {
 public:
  explicit Watched(SliPart part, Duration interval = 15s)
      : part_(part), interval_(interval), ledger_(interval, 24h), watch_(part) {
    ledger_.begin(start);
  }

  /// A read that brought so many events since the one before, `part` of them good or bad.
  void read(double total, double part) { read_late(total, part, 0s); }
  /// One of which the total is known only up to so long ago.
  void read_late(double total, double part, Duration lag) {
    const Interval when{now_, now_ + interval_};
    record({when.begin - lag, when.end - lag}, total, 0);
    record(when, 0, part);
    ledger_.account(when, 1, 0);
    now_ += interval_;
    watch_.observe(ledger_, now_);
  }

  const PartWatch& watch() const { return watch_; }
  Change change() { return watch_.take_change(); }
  std::string says() const { return watch_.finding() ? to_text(*watch_.finding()) : ""; }

 private:
  void record(Interval when, double total, double part) {
    ledger_.record(when, {total, part_ == SliPart::good ? total - part : part});
  }

  SliPart part_;
  Duration interval_;
  Instant now_ = start;
  Ledger ledger_;
  PartWatch watch_;
};

TEST(PartWatch, FindsWhatIsNoPartOfTheTotal) {
  const struct {
    SliPart part;
    double total;
    double events;
    const char* says;
  } rows[] = {
      {SliPart::good, 100, 200,
       "good events were 200 % of total in 3m: good counts what is no part of total"},
      {SliPart::bad, 100, 130,
       "bad events were 130 % of total in 12m: bad counts what is no part of total"},
      {SliPart::bad, 100, 110,
       "bad events were 110 % of total in 48m: bad counts what is no part of total"},
      {SliPart::bad, 100, -20,
       "bad events were -20 % of total in 48m: bad takes off more than it counts"},
      {SliPart::good, 100, -60,
       "good events were -60 % of total in 12m: good takes off more than it counts"},
      {SliPart::good, 0, 10, "120 good events in 3m are no part of total, which counted none"},
      {SliPart::good, 100, 104, ""},
      {SliPart::good, 100, 100, ""},
      {SliPart::good, 100, 0, ""},
      {SliPart::bad, 100, 100, ""},
      {SliPart::bad, 100, -4, ""},
      {SliPart::bad, 0, 0, ""},
  };
  for (const auto& [part, total, events, says] : rows) {
    Watched slo(part);
    for (int i = 0; i < 300; ++i) slo.read(total, events);
    EXPECT_EQ(slo.says(), says) << to_string(part) << " " << total << " " << events;
    EXPECT_EQ(slo.change(), says == std::string() ? Change::none : Change::found);
    EXPECT_EQ(slo.change(), Change::none) << "it is said once";
  }
}

TEST(PartWatch, TakesFiveMinutesForTwiceTheTotal) {
  Watched slo(SliPart::good);
  for (int i = 0; i < 40; ++i) slo.read(100, 99);
  int reads = 0;
  for (; slo.says().empty() && reads < 100; ++reads) slo.read(100, 200);
  EXPECT_GE(reads, 13);
  EXPECT_LE(reads, 16);
}

TEST(PartWatch, WaitsForEventsWhereThereAreFew) {
  Watched slo(SliPart::good);
  int reads = 0;  // an event every two minutes, and twice as many good ones
  for (; slo.says().empty() && reads < 1000; ++reads) {
    const double events = reads % 8 == 7 ? 1 : 0;
    slo.read(events, 2 * events);
  }
  EXPECT_GT(reads, 80) << "10 too many are no coincidence";
  EXPECT_LT(reads, 400);
}

TEST(PartWatch, IsOverOnceTheEventsFitAndSaysItAgainAfterThat) {
  Watched slo(SliPart::good);
  for (int i = 0; i < 40; ++i) slo.read(100, 200);
  EXPECT_EQ(slo.change(), Change::found);
  for (int i = 0; i < 40; ++i) slo.read(0, 0);
  EXPECT_EQ(slo.change(), Change::none) << "nothing happened that shows that it is over";
  for (int i = 0; i < 40; ++i) slo.read(100, 90);
  EXPECT_EQ(slo.change(), Change::over);
  EXPECT_EQ(slo.says(), "");
  for (int i = 0; i < 40; ++i) slo.read(100, 200);
  EXPECT_EQ(slo.change(), Change::found);
}

TEST(PartWatch, TakesNoLagForAFinding) {
  std::mt19937_64 random(7);
  const auto below = [&](int bound) {
    return static_cast<double>(random() % static_cast<std::uint64_t>(bound));
  };
  const std::pair<const char*, std::function<double(int)>> traffics[] = {
      {"steady", [](int) { return 100.0; }},
      {"begins and ends", [](int i) { return i % 40 < 20 ? 500.0 : 0.0; }},
      {"bursts", [&](int) { return below(10) == 0 ? 5000.0 : 0.0; }},
      {"noise", [&](int) { return below(100); }},
      {"grows", [](int i) { return 10.0 * i; }},
  };
  for (const auto& [name, traffic] : traffics) {
    for (const Duration lag : {Duration(0), Duration(7s), Duration(15s), Duration(45s)}) {
      Watched slo(SliPart::good);
      for (int i = 0; i < 960; ++i) {
        const double total = traffic(i);
        slo.read_late(total, total, lag);
        EXPECT_EQ(slo.says(), "") << name << ", " << lag << ", read " << i;
      }
    }
  }
}

TEST(PartWatch, TakesSlicesOfAnSloThatIsEvaluated) {
  const auto judged = [](const std::vector<std::pair<double, double>>& slices) {
    PartWatch watch(SliPart::good);
    Interval when{start, start + 1min};
    for (const auto& [total, good] : slices) {
      const double kept = std::clamp(good, 0.0, total);
      watch.observe(when, {SliceValue::Kind::counted, {total, total - kept}, {}, good - kept});
      when = {when.end, when.end + 1min};
    }
    return watch.finding() ? to_text(*watch.finding()) : "";
  };
  const char* const twice =
      "good events were 200 % of total in 3m: good counts what is no part of total";
  const auto times = [](std::size_t count, double good) {
    return std::vector(count, std::pair(1.0, good));
  };
  EXPECT_EQ(judged(times(4, 2)), "");
  EXPECT_EQ(judged(times(5, 2)), twice);
  EXPECT_EQ(judged({{1, 2}, {1, 2}, {1, 1}, {1, 2}, {1, 1}}), "");
  EXPECT_EQ(judged(times(13, 1.3)), "") << "that may be a lag";
  EXPECT_EQ(judged(times(14, 1.3)),
            "good events were 130 % of total in 12m: good counts what is no part of total");
  EXPECT_EQ(judged(times(100, 1.04)), "");
  std::vector<std::pair<double, double>> mended = times(5, 2);
  mended.insert(mended.end(), 2, {1, 1});
  EXPECT_EQ(judged(mended), twice) << "one of the last three does not fit";
  mended.emplace_back(1, 1);
  EXPECT_EQ(judged(mended), "");
}

TEST(PartWatch, FindsNothingInAnSloWithoutGoodOrBadEvents) {
  PartWatch watch(std::nullopt);
  Ledger ledger(15s, 24h);
  ledger.begin(start);
  ledger.record({start, start + 10min}, {10, 100});
  watch.observe(ledger, start + 10min);
  EXPECT_FALSE(watch.finding());
}

}  // namespace
}  // namespace slod
