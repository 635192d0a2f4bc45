#include "lib/exposition/metadata.h"

#include <gtest/gtest.h>

#include <string>

namespace slod {
namespace {

bool all(std::string_view) {
  return true;
}

TEST(Metadata, IsWhatTheCommentsSay) {
  const auto read = read_metadata(
      "# HELP requests_total All of them\\n, \\\\ too.\r\n"
      "# TYPE requests_total counter\r\n"
      "requests_total{a=\"# TYPE no gauge\"} 1\n"
      "#\tTYPE   took_seconds \t histogram\n"
      "# UNIT took_seconds seconds\n"
      "# TYPE load untyped\n"
      "# TYPE odd_type stateset\n"
      "# TYPE \"http.status\\\"\" gauge\n"
      "# a comment\n# TYPE\n# HELP\n#\n"
      "# HELP bad_bytes a\xff",
      all);
  const MetadataByMetric expected{
      {"requests_total", {"counter", "All of them\n, \\ too.", ""}},
      {"took_seconds", {"histogram", "", "seconds"}},
      {"load", {"unknown", "", ""}},
      {"odd_type", {"unknown", "", ""}},
      {"http.status\"", {"gauge", "", ""}},
      {"bad_bytes", {"unknown", "a\xef\xbf\xbd", ""}},
  };
  EXPECT_EQ(read, expected);
}

TEST(Metadata, IsOfWantedMetricsAlone) {
  const auto read =
      read_metadata("# TYPE a counter\n# TYPE b histogram\n# TYPE c summary\n# TYPE d counter\n",
                    [](std::string_view metric) { return metric == "b_bucket" || metric == "d"; });
  EXPECT_EQ(read.size(), 2U);
  EXPECT_TRUE(read.contains("b"));
  EXPECT_TRUE(read.contains("d"));
}

TEST(Metadata, IsCutAtACharactersEnd) {
  const std::string help = std::string(help_bytes_max - 1, 'x') + "\xc3\xb6";
  const auto read = read_metadata("# HELP a " + help + "\n", all);
  EXPECT_EQ(read.at("a").help, std::string(help_bytes_max - 1, 'x'));
}

}  // namespace
}  // namespace slod
