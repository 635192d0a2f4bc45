// The files in config/ work as shipped.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

/// What is found in one of the files, and its configuration. Its secrets are those of
/// known_files().
LoadResult load_example(const std::string& name) {
  return load_text(read_text(std::string(SLOD_EXAMPLES) + "/" + name));
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
  EXPECT_GE(files, 4U);
}

TEST(Examples, WarnOfNothingButWhatThisVersionDoesNotDo) {
  EXPECT_EQ(messages(load_example("slod.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("prometheus.yaml")), std::vector<std::string>{});
  EXPECT_EQ(messages(load_example("receivers.yaml")), std::vector<std::string>{});
  EXPECT_EQ(
      messages(load_example("policy.yaml")),
      std::vector<std::string>{"rules are read and checked, but not acted on in this version"});
}

TEST(Examples, HoldThePolicyThatTheyTellOf) {
  const Config config = load_example("policy.yaml").config.value();
  ASSERT_EQ(config.slos.size(), 4U);
  EXPECT_EQ(config.slos[0].objective, 0.999);
  EXPECT_EQ(std::get<LatencySliceSli>(config.slos[1].sli).below_seconds, 0.5);
  EXPECT_EQ(config.slos[2].objective, 0.9999);
  EXPECT_EQ(std::get<LatencySliceSli>(config.slos[3].sli).below_seconds, 0.1);
  EXPECT_EQ(config.freeze, freeze::default_policy());
  EXPECT_EQ(config.rules.size(), 3U);
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
