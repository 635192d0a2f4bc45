#include "daemon/net/url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slod {
namespace {

TEST(Url, ComesInTheParts) {
  struct Row {
    std::string text;
    bool is_https;
    std::string host;
    int port;
    std::string authority;
    std::string target;
    std::string label;
  };
  const std::vector<Row> rows = {
      {"http://a", false, "a", 80, "a", "/", "http://a/"},
      {"HTTPS://Example.org/x?token=1#f", true, "Example.org", 443, "Example.org", "/x?token=1",
       "https://Example.org/x"},
      {"http://127.0.0.1:9090/p", false, "127.0.0.1", 9090, "127.0.0.1:9090", "/p",
       "http://127.0.0.1:9090/p"},
      {"http://[::1]:80?q", false, "::1", 80, "[::1]:80", "/?q", "http://[::1]:80/"},
  };
  for (const Row& row : rows) {
    const auto url = parse_url(row.text, false);
    ASSERT_TRUE(url) << row.text << ": " << url.error();
    EXPECT_EQ(url->is_https, row.is_https);
    EXPECT_EQ(url->host, row.host);
    EXPECT_EQ(url->port, row.port);
    EXPECT_EQ(url->authority, row.authority);
    EXPECT_EQ(url->target, row.target);
    EXPECT_EQ(url->label, row.label);
  }
}

TEST(Url, ShowsNoPathThatIsSecret) {
  EXPECT_EQ(parse_url("https://hooks.slack.com/services/T0/B0/XyZ?a=b", true).value().label,
            "https://hooks.slack.com");
}

TEST(Url, IsRefusedWithoutShowingIt) {
  for (const std::string text :
       {"", "secret", "secret://a", "//secret/", "http://", "http:///secret", "http://u:secret@a/",
        "http://secret:0/", "http://secret:99999/", "http://a/se cret", "http://a/secret\r\nX: y",
        "http://%73ecret/", "ftp://secret/", "http://a/secret\x01"}) {
    const auto url = parse_url(text, false);
    ASSERT_FALSE(url) << text;
    EXPECT_TRUE(url.error().starts_with("expected a URL")) << url.error();
    EXPECT_EQ(url.error().find("ecret"), std::string::npos) << url.error();
  }
}

}  // namespace
}  // namespace slod
