// The SLIs of Sloth's, OpenSLO's and Pyrra's own examples: each is counted or evaluated, none is
// refused.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

namespace fs = std::filesystem;

fs::path specs() {
  const char* given = std::getenv("SLOD_CONFORMANCE_DIR");
  const fs::path base = given != nullptr ? given : SLOD_SOURCE_DIR "/../shared/conformance";
  return base.parent_path() / "specs";
}

/// The documents of a file.
std::vector<YAML::Node> documents(const fs::path& path) {
  std::vector<YAML::Node> all;
  std::string text = "\n" + read_text(path.string());
  while (!text.empty()) {
    const std::size_t next = text.find("\n---\n", 1);
    all.push_back(YAML::Load(text.substr(0, next)));
    text = next == std::string::npos ? "" : text.substr(next + 4);
  }
  return all;
}

std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) {
    text.insert(at, "'");
  }
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text[at] = ' ';
  return "'" + text + "'";
}

/// The SLIs of a document, as slod writes them, wherever they stand in it.
void gather(const YAML::Node& node, std::vector<std::string>& slis) {
  if (!node.IsMap() && !node.IsSequence()) return;
  const auto text = [&](std::initializer_list<const char*> path) -> std::string {
    YAML::Node at = YAML::Clone(node);
    for (const char* key : path) {
      if (!at.IsMap() || !at[key]) return "";
      at = at[key];
    }
    return at.IsScalar() ? at.Scalar() : "";
  };
  const auto is_promql = [&](const char* key) {
    return text({key, "metricSource", "type"}) == "Prometheus" ||
           text({key, "queryType"}) == "promql";
  };
  const auto query = [&](const char* key) {
    const std::string nested = text({key, "metricSource", "spec", "query"});
    return !is_promql(key) ? "" : nested.empty() ? text({key, "query"}) : nested;
  };
  const auto add = [&](const char* format, const std::string& total, const std::string& part) {
    if (total.empty() || part.empty()) return;
    slis.push_back(fmt::format(fmt::runtime(format), quoted(total), quoted(part)));
  };
  if (node.IsMap()) {
    add("availability: {{total: {}, bad: {}}}", text({"total_query"}), text({"error_query"}));
    add("availability: {{total: {}, bad: {}}}", text({"totalQuery"}), text({"errorQuery"}));
    add("availability: {{total: {}, good: {}}}", query("total"), query("good"));
    add("availability: {{error_ratio: {1}}}", "x", query("raw"));
    add("threshold: {{expr: {1}, below: 1}}", "x",
        text({"thresholdMetric", "metricSource", "type"}) == "Prometheus"
            ? text({"thresholdMetric", "metricSource", "spec", "query"})
            : "");
    add("availability: {{total: {}, bad: {}}}", text({"total", "metric"}),
        text({"errors", "metric"}));
    add("availability: {{total: {}, good: {}}}", text({"total", "metric"}),
        text({"success", "metric"}));
  }
  for (const auto& child : node) gather(node.IsMap() ? child.second : child, slis);
}

TEST(Specs, OfOtherToolsAreCountedOrEvaluated) {
  if (!fs::is_directory(specs())) {
    GTEST_SKIP() << "other tools' examples are not in " << specs()
                 << "; set SLOD_CONFORMANCE_DIR to a directory beside specs";
  }
  std::size_t counted = 0;
  std::size_t evaluated = 0;
  std::size_t selectors = 0;
  for (const auto& file : fs::recursive_directory_iterator(specs())) {
    const fs::path extension = file.path().extension();
    if (extension != ".yml" && extension != ".yaml") continue;
    for (const YAML::Node& document : documents(file.path())) {
      std::vector<std::string> slis;
      gather(document, slis);
      for (const std::string& sli : slis) {
        const LoadResult result =
            load_text("services: [{name: s, slos: [{name: a, objective: 99%, " + sli + "}]}]");
        EXPECT_TRUE(result.config) << file.path() << ": " << sli;
        for (const Diagnostic& diagnostic : result.diagnostics) {
          EXPECT_NE(diagnostic.severity, Severity::error)
              << file.path() << ": " << to_text(diagnostic);
        }
        const std::string note = result.notes.empty() ? "" : result.notes.front().message;
        counted += note.contains("is counted") ? 1 : 0;
        evaluated += note.contains("is evaluated") || sli.starts_with("threshold") ? 1 : 0;
        selectors += note.empty() && sli.starts_with("availability") ? 1 : 0;
      }
    }
  }
  std::cout << counted << " counted, " << evaluated << " evaluated, " << selectors
            << " selectors\n";
  EXPECT_GE(counted, 5U) << "the example of each tool that rates and sums";
  EXPECT_GE(evaluated, 4U) << "the satisfaction of wifi clients, and the lag of a topic";
  EXPECT_GE(selectors, 5U) << "Pyrra's indicators";
}

}  // namespace
}  // namespace slod::config
