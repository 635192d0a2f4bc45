#include "lib/config/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <set>

#include "lib/config/schema.h"

namespace slod::config {
namespace {

using Meanings = std::map<std::pair<std::string, std::string>, std::string>;

TEST(Reference, ReadsTheTablesOfKeys) {
  EXPECT_EQ(meanings_of("| key | meaning |\n|---|---|\n| `a` | of no kind |\n"
                        "\n"
                        "| key of a job | default | meaning |\n|---|---|---|\n"
                        "| `a` | `15s` | see [there](x.md#y), `b` |\n"
                        "| `b`, `c` or `d` | required | one |\n"
                        "text\n"
                        "| `e` | none | of no table |\n"
                        "| key of `latency` by slices | meaning |\n|---|---|\n| `a` | last |"),
            (Meanings{{{"a job", "a"}, "see there, `b`. Default: `15s`"},
                      {{"a job", "b"}, "one"},
                      {{"a job", "c"}, "one"},
                      {{"a job", "d"}, "one"},
                      {{"latency", "a"}, "last"}}));
  EXPECT_EQ(meanings_of(""), Meanings());
  EXPECT_EQ(meanings_of("| key of"), Meanings());
}

TEST(Reference, SaysOfEveryKeyWhatItMeans) {
  const Meanings meanings = meanings_of(configuration_reference());
  std::set<std::pair<std::string, std::string>> described;
  for (const auto& [where, meaning] : meanings) {
    std::string kind = where.first;
    std::ranges::replace(kind, ' ', '_');
    described.emplace(kind, where.second);
  }
  const boost::json::object schema = boost::json::parse(schema_text()).as_object();
  std::size_t keys = 0;
  for (const auto& [kind, section] : schema.at("$defs").as_object()) {
    for (const auto& [key, value] : section.as_object().at("properties").as_object()) {
      EXPECT_TRUE(described.contains({std::string(kind), std::string(key)})) << kind << ": " << key;
      EXPECT_TRUE(value.as_object().contains("description")) << kind << ": " << key;
      ++keys;
    }
  }
  EXPECT_GT(keys, 80U);
}

}  // namespace
}  // namespace slod::config
