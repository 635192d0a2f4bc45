#include "lib/config/redacted.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

class NoErrors final : public DocumentErrors {
 public:
  void error(Mark mark, std::string message) override {
    ADD_FAILURE() << mark.line + 1 << ": " << message;
  }
};

YamlNode parsed(std::string_view text) {
  NoErrors none;
  return parse_document(text, none);
}

std::string redacted_text(std::string_view text) {
  return redacted({parsed(text)});
}

/// Everything of a tree but its places.
std::string flat(const YamlNode& node) {
  std::string out =
      fmt::format("{}:{}:{}", static_cast<int>(node.kind), node.scalar.size(), node.scalar);
  for (std::size_t i = 0; i < node.values.size(); ++i) {
    if (!node.keys.empty()) out += fmt::format("<{}>", node.keys[i].name);
    out += "(" + flat(node.values[i]) + ")";
  }
  return out;
}

TEST(Redacted, IsTheConfigurationWithoutComments) {
  EXPECT_EQ(redacted_text("# s3cr3t\nlisten: 127.0.0.1:0  # here\nscrape:\n- {job: a, targets: "
                          "[\"a:1\"]}\n"),
            "listen: 127.0.0.1:0\nscrape:\n  - job: a\n    targets:\n      - a:1\n");
  EXPECT_EQ(redacted({}), "");
  EXPECT_EQ(redacted_text(""), "");
}

TEST(Redacted, LeavesOutTheQueryOfAPath) {
  EXPECT_EQ(redacted_text("scrape:\n- path: /metrics?token=s3cr3t&x=y\n- path: /metrics\n"),
            "scrape:\n  - path: /metrics?<secret>\n  - path: /metrics\n");
}

TEST(Redacted, AddsUpTheListsOfSeveralFiles) {
  EXPECT_EQ(redacted({parsed("state: s\nservices: [{name: a}]\nrules:\n"),
                      parsed("services: [{name: b}]\nrules: [{alert: A}]\n")}),
            "state: s\nservices:\n  - name: a\n  - name: b\nrules:\n  - alert: A\n");
}

TEST(Redacted, ReadsBackAsWhatWasWritten) {
  const std::filesystem::path examples = SLOD_SOURCE_DIR "/config";
  std::size_t read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(examples)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string text = read_text(entry.path().string());
    if (text.find("webhook:") != std::string::npos) continue;
    ++read;
    EXPECT_EQ(flat(parsed(redacted_text(text))), flat(parsed(text))) << entry.path();
  }
  EXPECT_GT(read, 0U);
}

TEST(Redacted, ReadsBackWhateverTheTextsHold) {
  constexpr unsigned seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> parts{
      "a", " ", "\n", "\t", "\"", "'", ":", "#", "-", "?", "{",  "}", "[", "]",    ",",    "&",
      "*", "!", "|",  ">",  "%",  "@", "`", "~", "é", "𝄞", "\\", "0", ".", "null", "true", "\r"};
  std::uniform_int_distribution<std::size_t> part(0, parts.size() - 1);
  std::uniform_int_distribution<int> length(0, 6);
  for (int i = 0; i < 5000; ++i) {
    YamlNode text{
        .kind = YamlNode::Kind::scalar, .mark = {}, .scalar = "", .keys = {}, .values = {}};
    for (int left = length(random); left > 0; --left) text.scalar += parts[part(random)];
    YamlNode list{
        .kind = YamlNode::Kind::list, .mark = {}, .scalar = "", .keys = {}, .values = {text}};
    YamlNode map;
    map.kind = YamlNode::Kind::map;
    map.keys = {{"a", {}}, {"b", {}}, {"k" + text.scalar, {}}, {"none", {}}};
    map.values = {text, list, text, YamlNode{}};
    ASSERT_EQ(flat(parsed(redacted({map}))), flat(map)) << redacted({map});
  }
}

TEST(Redacted, ShowsNoPasswordInAUrl) {
  const std::pair<const char*, const char*> cases[] = {
      {"http://u:p4ss@a:80/x?y", "http://<secret>@a:80/x?y"},
      {"https://token@a", "https://<secret>@a"},
      {"see http://u:p4ss@a, or http://v:p4ss@b", "see http://<secret>@a, or http://<secret>@b"},
      {"http://u:p@ss@a/@b", "http://<secret>@a/@b"},
      {"http://a/x@b", "http://a/x@b"},
      {"mail me@example.org", "mail me@example.org"},
      {"://", "://"},
  };
  for (const auto& [written, shown] : cases) {
    EXPECT_EQ(parsed(redacted_text(fmt::format("a: {{b: ['{}']}}", written)))
                  .values.at(0)
                  .values.at(0)
                  .values.at(0)
                  .scalar,
              shown);
  }
}

TEST(Redacted, ShowsOfAWebhookOnlyItsHost) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://hooks.example.org/T0KEN", "https://hooks.example.org/<secret>"},
      {"https://hooks.example.org:8443?key=T0KEN", "https://hooks.example.org:8443/<secret>"},
      {"https://hooks.example.org/", "https://hooks.example.org/"},
      {"https://hooks.example.org", "https://hooks.example.org"},
  };
  for (const auto& [written, shown] : cases) {
    EXPECT_EQ(redacted_text(fmt::format("a: [{{name: h, webhook: {{url: '{}'}}}}]", written)),
              fmt::format("a:\n  - name: h\n    webhook:\n      url: {}\n", shown));
  }
}

TEST(Redacted, IsPartOfWhatWasLoaded) {
  const LoadResult loaded = load_text("# p4ss\nservices: [{name: a}]\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->redacted, "services:\n  - name: a\n");
}

}  // namespace
}  // namespace slod::config
