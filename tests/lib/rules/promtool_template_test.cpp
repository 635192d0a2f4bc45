// What templates become is compared with what Debian's promtool makes of the same.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "lib/json/text.h"
#include "lib/text/number.h"
#include "tests/lib/rules/promtool.h"
#include "tests/lib/rules/template_cases.h"

namespace slod::rules {
namespace {

TEST(Template, ExpandsAsPromtoolDoes) {
  boost::json::array rules;
  boost::json::array tests;
  std::size_t number = 0;
  for (const TemplateCase& known : template_cases()) {
    const std::string name = fmt::format("Case{}", number++);
    rules.push_back({{"alert", name}, {"expr", "up"}, {"annotations", {{"text", known.text}}}});
    const boost::json::object labels{
        {"code", "500"}, {"instance", "db-1:9100"}, {"job", "node"}, {"share", "0.25"}};
    tests.push_back(
        {{"interval", "1m"},
         {"input_series",
          boost::json::array{
              {{"series", "up{code=\"500\",instance=\"db-1:9100\",job=\"node\",share=\"0.25\"}"},
               {"values", plain_number(known.value)}}}},
         {"alert_rule_test",
          boost::json::array{
              {{"eval_time", "0m"},
               {"alertname", name},
               {"exp_alerts",
                boost::json::array{{{"exp_labels", labels},
                                    {"exp_annotations", {{"text", known.expected}}}}}}}}}});
  }
  const boost::json::object file{
      {"groups", boost::json::array{{{"name", "cases"}, {"rules", rules}}}}};
  const boost::json::object test{{"rule_files", boost::json::array{"rules.yml"}}, {"tests", tests}};
  const auto answer = promtool({{"rules.yml", json_text(file)}, {"test.yml", json_text(test)}},
                               "test rules test.yml");
  if (!answer)
    GTEST_SKIP() << "promtool is neither below SLOD_PEERS or build/peers nor on the PATH";
  EXPECT_TRUE(answer->is_content) << answer->text;
}

}  // namespace
}  // namespace slod::rules
