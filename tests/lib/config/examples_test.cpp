// The files in config/ work as shipped.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

/// What is found in one of the files, and its configuration. Its secrets are those of
/// known_files(); its rule files are those that are shipped with it.
LoadResult load_example(const std::string& name) {
  Files files = known_files();
  files.match = [](const std::string& pattern) {
    const std::filesystem::path folder = std::filesystem::path(pattern).parent_path();
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(SLOD_EXAMPLES / folder)) {
      paths.push_back((folder / entry.path().filename()).string());
    }
    std::ranges::sort(paths);
    return paths;
  };
  files.read = [known = files.read](const std::string& path) {
    return path.starts_with("rules/") ? read_text(std::string(SLOD_EXAMPLES) + "/" + path)
                                      : known(path);
  };
  const SourceText source{"slod.yaml", read_text(std::string(SLOD_EXAMPLES) + "/" + name)};
  return load({&source, 1}, files);
}

std::vector<std::string> messages(const LoadResult& result) {
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : result.diagnostics) all.push_back(diagnostic.message);
  return all;
}

TEST(Examples, LoadWithoutAnError) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SLOD_EXAMPLES)) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const LoadResult result = load_example(entry.path().filename().string());
    for (const Diagnostic& diagnostic : result.diagnostics) {
      EXPECT_NE(diagnostic.severity, Severity::error) << entry.path() << to_text(diagnostic);
    }
    EXPECT_TRUE(result.config) << entry.path();
  }
  EXPECT_GE(files, 5U);
}

TEST(Examples, WarnOfNothing) {
  EXPECT_EQ(messages(load_example("slod.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("prometheus.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("receivers.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("policy.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("rules.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("expressions.yaml")), std::vector<std::string>{});
}

TEST(Examples, HoldThePolicyThatTheyTellOf) {
  const Config config = load_example("policy.yaml").config.value();
  ASSERT_EQ(config.slos.size(), 4U);
  EXPECT_EQ(config.slos[0].objective, 0.999);
  EXPECT_EQ(std::get<LatencySliceSli>(config.slos[1].sli).below_seconds, 0.5);
  EXPECT_EQ(config.slos[2].objective, 0.9999);
  EXPECT_EQ(std::get<LatencySliceSli>(config.slos[3].sli).below_seconds, 0.1);
  EXPECT_EQ(config.freeze, freeze::default_policy());
}

TEST(Examples, HoldTheRulesThatTheyTellOf) {
  const Config config = load_example("rules.yaml").config.value();
  std::map<std::string, std::vector<std::string>> by_severity;
  for (const auto& group : config.rule_groups) {
    for (const rules::Rule& rule : group->rules) {
      if (rule.is_alert()) by_severity[rule.labels.at("severity")].push_back(rule.alert);
    }
  }
  const std::map<std::string, std::vector<std::string>> expected{
      {"page",
       {"HighErrorRate", "HighLatency", "ServiceDown", "SlodDown", "SlodReadsNothing",
        "SlodCannotSend", "SlodMessageRefused", "SlodCannotWrite"}},
      {"ticket",
       {"SlodCannotRead", "SlodCountsDisagree", "SlodWritesSlowly", "SlodFallsBehind",
        "SlodRulesFail", "SlodRulesLate", "SlodConfigurationRefused", "SlodShortOfMemory"}},
      {"warning", {"HostCpuBusy", "HostMemoryFull", "HostDiskFull"}}};
  EXPECT_EQ(by_severity, expected);
  EXPECT_EQ(config.alerting.routes.by_severity.at("warning"), std::vector<std::string>{"chat"});
}

TEST(Examples, SayThatAnAlertNeedsItsSecrets) {
  const SourceText source{"config/receivers.yaml",
                          read_text(std::string(SLOD_EXAMPLES) + "/receivers.yaml")};
  const LoadResult result = load({&source, 1}, known_files());
  EXPECT_FALSE(result.config);
  EXPECT_EQ(messages(result),
            (std::vector<std::string>{
                "expected a file that slod can read, found config/secrets/pagerduty: no such file",
                "expected a file that slod can read, found config/secrets/slack: no such file"}));
}

}  // namespace
}  // namespace slod::config
