#include "daemon/net/encoding.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "daemon/net/gzip.h"

namespace slod {
namespace {

TEST(Encoding, IsGzipWhereThePeerWouldRatherHaveThat) {
  struct Row {
    std::vector<std::string> fields;
    bool accepts;
  };
  const std::vector<Row> rows = {
      {{}, false},
      {{""}, false},
      {{"gzip"}, true},
      {{"GZip"}, true},
      {{"x-gzip"}, true},
      {{"gzip, deflate, br"}, true},
      {{"deflate, br,\tgzip ; Q=0.001"}, true},
      {{"br", "gzip"}, true},
      {{"*"}, true},
      {{"*;q=0.1"}, true},
      {{"br"}, false},
      {{"identity"}, false},
      {{"gzipped"}, false},
      {{"gzip;q=0"}, false},
      {{"gzip;q=0.000"}, false},
      {{"*, gzip;q=0"}, false},
      {{"gzip, *;q=0"}, true},
      {{"gzip;q=0.5, identity"}, false},
      {{"gzip;q=0.5, identity;q=0.5"}, true},
      {{"identity;q=0.5, gzip;q=1.000"}, true},
      {{"identity;q=0"}, false},
      {{"gzip;q=1.001"}, false},
      {{"gzip;q=2"}, false},
      {{"gzip;q=0.0001"}, false},
      {{"gzip;q="}, false},
      {{"gzip;q=.5"}, false},
      {{"gzip;level=9"}, false},
      {{",,;,=, gzip,"}, true},
  };
  for (const Row& row : rows) {
    Request request;
    for (const std::string& field : row.fields) {
      request.headers.emplace_back("accept-encoding", field);
    }
    EXPECT_EQ(accepts_gzip(request), row.accepts)
        << (row.fields.empty() ? "(none)" : row.fields.front());
  }
}

TEST(Encoding, IsForLongTextsOnly) {
  const std::string text(2000, 'x');
  EXPECT_TRUE(is_compressible({.body = text}));
  EXPECT_TRUE(is_compressible({.content_type = "text/html; charset=utf-8", .body = text}));
  EXPECT_TRUE(is_compressible({.body = std::string(1024, 'x')}));
  EXPECT_FALSE(is_compressible({.body = std::string(1023, 'x')}));
  EXPECT_FALSE(is_compressible({.status = 204, .body = text}));
  EXPECT_FALSE(is_compressible({.content_type = "image/png", .body = text}));
  EXPECT_FALSE(is_compressible({.body = text, .headers = {{"content-Encoding", "br"}}}));
}

TEST(Encoding, LeavesAloneWhatItWouldMakeNoSmaller) {
  std::mt19937_64 random(1);
  std::string noise(5000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  Response response{.body = noise};
  encode(response, true);
  EXPECT_EQ(response.body, noise);
  EXPECT_EQ(response.headers, (Fields{{"Vary", "Accept-Encoding"}}));

  Response small{.body = "{}"};
  encode(small, true);
  EXPECT_EQ(small.body, "{}");
  EXPECT_TRUE(small.headers.empty());
}

TEST(Encoding, GivesBackEveryTextAfterGunzip) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const std::size_t size : {0UL, 1UL, 255UL, 2048UL, 100'000UL, 3'000'000UL}) {
    for (const unsigned kinds : {1U, 4U, 256U}) {
      std::string text(size, '\0');
      for (char& c : text) c = static_cast<char>(random() % kinds);
      EXPECT_EQ(gunzip(gzip(text), size), text) << size << " bytes of " << kinds;
    }
  }
}

}  // namespace
}  // namespace slod
