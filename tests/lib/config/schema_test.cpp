#include "lib/config/schema.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

namespace json = boost::json;

json::object properties(const json::object& schema, std::string_view kind) {
  return schema.at("$defs").at(kind).at("properties").as_object();
}

class Schema : public testing::Test {
 protected:
  json::object schema = json::parse(schema_text()).as_object();
};

TEST_F(Schema, IsMadeOfAFileThatIsRight) {
  EXPECT_EQ(specimen_errors(), std::vector<std::string>{});
}

TEST_F(Schema, KnowsWhatEveryKeyHolds) {
  // A reader of a new key: add the key to the specimen in lib/config/schema.cpp.
  EXPECT_EQ(keys_without_a_schema(), std::vector<std::string>{});
}

TEST_F(Schema, IsTheOneThatIsShipped) {
  EXPECT_EQ(schema_text(), read_text(std::string(SLOD_EXAMPLES) + "/slod.schema.json"))
      << "slod schema > config/slod.schema.json";
}

TEST_F(Schema, TellsWordsDurationsAndKindsApart) {
  const json::object slo = properties(schema, "an_SLO");
  EXPECT_EQ(slo.at("on_missing").at("enum"), (json::array{"deny", "allow", "last_known"}));
  EXPECT_EQ(slo.at("objective").at("type"), (json::array{"string", "number"}));
  EXPECT_EQ(slo.at("description").at("type"), (json::array{"string", "number", "boolean"}));
  EXPECT_EQ(slo.at("window").at("anyOf").as_array().size(), 2U);
  EXPECT_EQ(slo.at("availability").at("$ref"), "#/$defs/availability");
  EXPECT_FALSE(properties(schema, "a_rule").at("record").as_object().contains("enum"));
  const json::object top = properties(schema, "a_configuration");
  EXPECT_EQ(top.at("services").at("items"), (json::object{{"$ref", "#/$defs/a_service"}}));
  EXPECT_EQ(properties(schema, "alerting").at("routes").at("additionalProperties").at("type"),
            "array");
}

TEST_F(Schema, RequiresWhatEverySectionOfAKindRequires) {
  const json::value& slo = schema.at("$defs").at("an_SLO");
  EXPECT_EQ(slo.at("required"), (json::array{"name", "objective"}));
  EXPECT_EQ(slo.at("additionalProperties"), false);
  EXPECT_EQ(slo.at("allOf").at(0).at("oneOf").as_array().size(), 4U);
  // total stands beside good or bad only, and not beside error_ratio.
  EXPECT_FALSE(schema.at("$defs").at("availability").as_object().contains("required"));
}

}  // namespace
}  // namespace slod::config
