#include "lib/series/renamed_series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace slod {
namespace {

constexpr double most_events = 1500;

NamedCounter counter(Labels labels, double value, std::optional<Instant> start = {}) {
  return {.metric = "x", .labels = std::move(labels), .value = value, .start = start};
}

using Counters = std::vector<NamedCounter>;

/// The pairs as (gone, born), in their order.
std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const Counters& gone,
                                                          const Counters& born) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const RenamedSeries& each : find_renamed(gone, born, most_events)) {
    pairs.emplace_back(each.gone, each.born);
  }
  std::ranges::sort(pairs);
  return pairs;
}

bool are_certain(const Counters& gone, const Counters& born) {
  const auto renamed = find_renamed(gone, born, most_events);
  return !renamed.empty() && std::ranges::all_of(renamed, &RenamedSeries::is_certain);
}

const std::vector<std::pair<std::size_t, std::size_t>> none;

TEST(RenamedSeries, AreThoseOfOneChangeThatFitsAll) {
  const Counters gone{counter({{"code", "200"}, {"version", "1"}}, 1'000'000),
                      counter({{"code", "500"}, {"version", "1"}}, 1000)};
  Counters born{counter({{"code", "500"}, {"version", "2"}}, 1001),
                counter({{"code", "200"}, {"version", "2"}}, 1'000'100)};
  EXPECT_EQ(pairs_of(gone, born),
            (std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 0}}));
  EXPECT_TRUE(are_certain(gone, born));
  born[0].value = 999;
  EXPECT_TRUE(are_certain(gone, born)) << "one of them is a moment behind";
  born[0].value = 800;
  EXPECT_EQ(pairs_of(gone, born), none) << "one of them fell";
}

TEST(RenamedSeries, MayGainOrLoseALabel) {
  const Counters without{counter({{"code", "200"}}, 1000), counter({{"code", "500"}}, 50)};
  const Counters with{counter({{"code", "200"}, {"zone", "a"}}, 1000),
                      counter({{"code", "500"}, {"zone", "a"}}, 50)};
  const std::vector<std::pair<std::size_t, std::size_t>> both{{0, 0}, {1, 1}};
  EXPECT_EQ(pairs_of(without, with), both);
  EXPECT_EQ(pairs_of(with, without), both);
  EXPECT_EQ(pairs_of(with, {counter({{"code", "200"}, {"pod", "b"}}, 1000)}), none)
      << "two labels differ";
}

// A relabelling, or another set of external labels.
TEST(RenamedSeries, MayChangeSeveralLabelsThatAllSeriesOfAnInstanceShare) {
  const auto pod = [](const std::string& name, double good, double bad) {
    const std::string instance = name + ":80";
    return Counters{counter({{"code", "200"}, {"instance", instance}}, good),
                    counter({{"code", "500"}, {"instance", instance}}, bad)};
  };
  const auto with = [](Counters counters, const std::string& name, const std::string& space) {
    for (NamedCounter& each : counters) {
      each.labels.set("pod", name);
      each.labels.set("namespace", space);
    }
    return counters;
  };
  const auto both = [](Counters a, const Counters& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const Counters before = both(pod("a", 10'000, 100), pod("b", 20'000, 70));
  const Counters after =
      both(with(pod("a", 10'010, 101), "a", "eu"), with(pod("b", 20'030, 70), "b", "eu"));
  const std::vector<std::pair<std::size_t, std::size_t>> each{{0, 0}, {1, 1}, {2, 2}, {3, 3}};
  EXPECT_EQ(pairs_of(before, after), each);
  EXPECT_EQ(pairs_of(after, with(after, "c", "us")), each);
  EXPECT_TRUE(are_certain(before, after));
  EXPECT_EQ(pairs_of(pod("a", 100, 3), with(pod("a", 110, 4), "a", "eu")), none)
      << "that may be chance";
  EXPECT_EQ(pairs_of({before[0]}, {with(before, "a", "eu")[0]}), none)
      << "any two series differ in some labels";
}

TEST(RenamedSeries, AreOfOneProcess) {
  const Instant start{std::chrono::hours(400'000)};
  const auto pod = [](const std::string& instance, std::optional<Instant> began = {}) {
    return Counters{counter({{"instance", instance}}, 60, began)};
  };
  EXPECT_EQ(pairs_of(pod("10.0.0.1:80"), pod("10.0.0.2:80")), none);
  EXPECT_EQ(pairs_of(pod("10.0.0.1:80", start), pod("10.0.0.2:80")), none);
  EXPECT_EQ(pairs_of(pod("10.0.0.1:80", start), pod("10.0.0.2:80", start + Duration(10))), none);
  EXPECT_EQ(pairs_of(pod("10.0.0.1:80", start), pod("api-0", start)).size(), 1U);
  const auto version = [](const std::string& of, Instant began) {
    return Counters{counter({{"version", of}}, 60, began)};
  };
  EXPECT_EQ(pairs_of(version("1", start), version("2", start + std::chrono::minutes(1))), none);
  EXPECT_EQ(pairs_of(version("1", start), version("2", start + std::chrono::seconds(1))).size(),
            1U);
}

// They count upwards, so that what one bucket holds is nearly what the next one does.
TEST(RenamedSeries, AreNoBucketsOfAHistogram) {
  EXPECT_EQ(pairs_of({counter({{"le", "0.5"}}, 1000)}, {counter({{"le", "1.0"}}, 1001)}), none);
}

TEST(RenamedSeries, AreTheLessCertainTheMoreThereWereToChooseFrom) {
  const auto path = [](int i, double value) {
    return counter({{"path", "/" + std::to_string(i)}}, value);
  };
  EXPECT_TRUE(are_certain({path(1, 10'000)}, {path(2, 10'001)}));
  Counters gone;
  Counters born;
  for (int i = 0; i < 50; ++i) {
    gone.push_back(path(i, 10'000 + 40 * i));
    born.push_back(path(100 + i, 10'001 + 40 * i));
  }
  EXPECT_FALSE(are_certain(gone, born));
  for (int i = 50; i < 5000; ++i) {
    gone.push_back(path(i, i));
    born.push_back(path(5000 + i, i));
  }
  EXPECT_EQ(pairs_of(gone, born), none) << "all with all are 25 million pairs";
}

TEST(RenamedSeries, AreTheLessCertainTheLooserTheyFit) {
  const auto a = [](double good, double bad) {
    return Counters{counter({{"code", "200"}, {"v", "1"}}, good),
                    counter({{"code", "500"}, {"v", "1"}}, bad)};
  };
  const auto b = [](double good, double bad) {
    return Counters{counter({{"code", "200"}, {"v", "2"}}, good),
                    counter({{"code", "500"}, {"v", "2"}}, bad)};
  };
  EXPECT_TRUE(are_certain(a(1000, 50), b(1010, 50)));
  EXPECT_FALSE(are_certain(a(60, 50), b(80, 70)));
  EXPECT_FALSE(are_certain(a(1000, 0), b(1100, 0))) << "what counted nothing says nothing";
  EXPECT_FALSE(are_certain(a(0, 0), b(0, 0)));
  EXPECT_EQ(pairs_of(a(60, 50), b(56, 50)), none) << "and then they may not fall";
}

TEST(RenamedSeries, AreLookedForAmongTenThousandAtMost) {
  Counters many(renamed_series_most + 1, counter({{"v", "1"}}, 1000));
  EXPECT_EQ(pairs_of(many, {counter({{"v", "2"}}, 1000)}), none);
  EXPECT_EQ(pairs_of({counter({{"v", "2"}}, 1000)}, many), none);
}

}  // namespace
}  // namespace slod
