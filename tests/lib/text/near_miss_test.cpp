#include "lib/text/near_miss.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slod {
namespace {

TEST(NearMiss, IsTheKnownWordThatWasMeant) {
  const std::vector<std::string> known{"run", "check", "freeze", "gate", "status", "version"};
  const struct {
    std::string_view found;
    std::string_view meant;
  } cases[] = {
      {"chek", "check"},
      {"cehck", "check"},
      {"frieze", "freeze"},
      {"stats", "status"},
      {"versions", "version"},
      {"ran", "run"},
      {"rn", "run"},
      {"deploy", ""},
      {"x", ""},
      {"", ""},
      {"configuration", ""},
  };
  for (const auto& [found, meant] : cases) EXPECT_EQ(near_miss(found, known), meant) << found;
}

TEST(NearMiss, IsNoneOfNoneAndOfWhatIsNoWord) {
  EXPECT_EQ(near_miss("run", {}), "");
  const std::vector<std::string> known{std::string(41, 'a')};
  EXPECT_EQ(near_miss(std::string(41, 'a'), known), "");
}

}  // namespace
}  // namespace slod
