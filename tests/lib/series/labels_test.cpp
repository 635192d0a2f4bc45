#include "lib/series/labels.h"

#include <gtest/gtest.h>

#include "lib/series/target_labels.h"

namespace slod {
namespace {

TEST(Labels, AreSortedUniqueAndNeverEmpty) {
  const Labels labels{{"z", "1"}, {"a", "first"}, {"m", ""}, {"a", "second"}};
  EXPECT_EQ(labels.pairs(), (std::vector<Labels::Pair>{{"a", "first"}, {"z", "1"}}));
  EXPECT_EQ(labels.get("a"), "first");
  EXPECT_EQ(labels.get("m"), "");
  EXPECT_EQ(labels.get("zz"), "");
  EXPECT_EQ((Labels{{"a", ""}, {"a", "x"}}), Labels());
}

TEST(Labels, SetReplacesAddsAndRemoves) {
  Labels labels{{"b", "1"}};
  labels.set("c", "3");
  labels.set("a", "0");
  labels.set("b", "2");
  EXPECT_EQ(labels, (Labels{{"a", "0"}, {"b", "2"}, {"c", "3"}}));
  labels.set("b", "");
  labels.set("none", "");
  EXPECT_EQ(labels, (Labels{{"a", "0"}, {"c", "3"}}));
}

TEST(Labels, AreWrittenAsPromqlWritesThem) {
  EXPECT_EQ(to_text(Labels()), "{}");
  EXPECT_EQ(to_text(Labels{{"job", "api"}, {"code", "200"}}), R"({code="200",job="api"})");
  EXPECT_EQ(to_text(Labels{{"a", "\"\\\n"}, {"my.label", "x"}}), R"({a="\"\\\n","my.label"="x"})");
}

TEST(SeriesLabels, ResolveConflictsAsPrometheusDoes) {
  struct Case {
    std::vector<Labels::Pair> exposed;
    Labels target;
    bool honor;
    std::string_view expected;
  };
  const Labels target{{"instance", "host:1"}, {"job", "api"}};
  for (const auto& [exposed, labels, honor, expected] : {
           Case{{{"code", "200"}}, target, false, R"({code="200",instance="host:1",job="api"})"},
           Case{{{"job", "x"}}, target, false, R"({exported_job="x",instance="host:1",job="api"})"},
           Case{{{"job", "x"}}, target, true, R"({instance="host:1",job="x"})"},
           Case{{{"instance", ""}}, target, false, R"({instance="host:1",job="api"})"},
           Case{{{"instance", ""}}, target, true, R"({job="api"})"},
           Case{{{"job", "x"}, {"exported_job", "y"}},
                target,
                false,
                R"({exported_exported_job="x",exported_job="y",instance="host:1",job="api"})"},
           Case{{{"exported_job", "y"}, {"job", "x"}},
                Labels{{"exported_job", "t"}, {"job", "u"}},
                false,
                R"({exported_exported_exported_job="y",exported_exported_job="x",)"
                R"(exported_job="t",job="u"})"},
           Case{{{"job", "x"}}, Labels(), false, R"({job="x"})"},
       }) {
    EXPECT_EQ(to_text(series_labels(exposed, labels, honor)), expected);
  }
}

TEST(SeriesLabels, WriteABucketBoundInOneWay) {
  for (const auto& [exposed, expected] : std::vector<std::pair<std::string, std::string>>{
           {"1", "1.0"},
           {"1.0", "1.0"},
           {"1e0", "1.0"},
           {"0.50", "0.5"},
           {"+Inf", "+Inf"},
           {"Inf", "+Inf"},
           {"unbounded", "unbounded"},
       }) {
    EXPECT_EQ(series_labels({{"le", exposed}}, {}, false).get("le"), expected);
  }
}

}  // namespace
}  // namespace slod
