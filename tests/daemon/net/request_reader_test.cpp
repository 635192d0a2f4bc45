#include "daemon/net/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace slod {
namespace {

using State = RequestReader::State;

/// Feeds `bytes` in pieces of at most `piece` bytes, as a connection would; returns what is left
/// when the reader stops.
std::string feed(RequestReader& reader, std::string_view bytes, std::size_t piece) {
  std::string buffer;
  while (reader.state() == State::header || reader.state() == State::body) {
    const std::size_t before = buffer.size();
    const std::size_t consumed = reader.read(buffer);
    buffer.erase(0, consumed);
    if (consumed > 0) continue;
    if (bytes.empty()) break;
    buffer += bytes.substr(0, piece);
    bytes.remove_prefix(buffer.size() - before);
  }
  return buffer + std::string(bytes);
}

struct Refusal {
  const char* what;
  std::string bytes;
  int status;
};

class RefusedRequest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedRequest, IsRefusedHoweverItsBytesArrive) {
  for (const std::size_t piece : {1UL, 7UL, 65536UL}) {
    RequestReader reader(2048, 1000);
    feed(reader, GetParam().bytes, piece);
    EXPECT_EQ(reader.state(), State::refused) << GetParam().what << ", pieces of " << piece;
    EXPECT_EQ(reader.refusal().status, GetParam().status) << reader.refusal().body;
    EXPECT_FALSE(reader.keep_alive());
  }
}

const std::string host = "Host: a\r\n";

INSTANTIATE_TEST_SUITE_P(
    Smuggling, RefusedRequest,
    testing::Values(
        Refusal{"encoding then length",
                "POST / HTTP/1.1\r\n" + host +
                    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                400},
        Refusal{"length then encoding",
                "POST / HTTP/1.1\r\n" + host +
                    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
        Refusal{"gzip then length",
                "POST / HTTP/1.1\r\n" + host +
                    "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
                400},
        Refusal{"gzip alone",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\nGET /x HTTP/1.1\r\n",
                400},
        Refusal{"chunked, gzip",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
        Refusal{"gzip, chunked",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
        Refusal{"chunked, chunked",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
        Refusal{"xchunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n",
                400},
        Refusal{"identity", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n",
                400},
        Refusal{"empty encoding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n", 400},
        Refusal{"quoted chunked",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400},
        Refusal{"chunked with a vertical tab",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \vchunked\r\n\r\n", 400},
        Refusal{"two encodings",
                "POST / HTTP/1.1\r\n" + host +
                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
                400},
        Refusal{"chunked on HTTP/1.0",
                "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refusal{
            "two lengths",
            "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            400},
        Refusal{
            "the same length twice",
            "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            400},
        Refusal{"a list of lengths",
                "POST / HTTP/1.1\r\n" + host + "Content-Length: 5, 5\r\n\r\nhello", 400},
        Refusal{"a signed length", "POST / HTTP/1.1\r\n" + host + "Content-Length: +5\r\n\r\nhello",
                400},
        Refusal{"a negative length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
                400},
        Refusal{"a hexadecimal length",
                "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x5\r\n\r\nhello", 400},
        Refusal{"an empty length", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", 400},
        Refusal{"a length beyond 64 bits",
                "POST / HTTP/1.1\r\n" + host + "Content-Length: 18446744073709551621\r\n\r\nhello",
                400},
        Refusal{"space before the colon",
                "POST / HTTP/1.1\r\n" + host + "Content-Length : 5\r\n\r\nhello", 400},
        Refusal{"a folded line", "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", 400},
        Refusal{"a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        Refusal{"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
        Refusal{"one bare line feed", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
        Refusal{"a bare carriage return", "GET / HTTP/1.1\r\n" + host + "X: a\rY: b\r\n\r\n", 400},
        Refusal{"a NUL", "GET / HTTP/1.1\r\nHost: a" + std::string(1, '\0') + "\r\n\r\n", 400},
        Refusal{"a body on GET", "GET / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello",
                400},
        Refusal{"a chunked body on GET",
                "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refusal{"a body on HEAD", "HEAD / HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx",
                400}));

INSTANTIATE_TEST_SUITE_P(
    Malformed, RefusedRequest,
    testing::Values(
        Refusal{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        Refusal{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Refusal{"two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
        Refusal{"two Hosts on HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Refusal{"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        Refusal{"an unknown method", "BREW / HTTP/1.1\r\n" + host + "\r\n", 501},
        Refusal{"a method in lower case", "get / HTTP/1.1\r\n" + host + "\r\n", 501},
        Refusal{"TRACE", "TRACE / HTTP/1.1\r\n" + host + "\r\n", 405},
        Refusal{"CONNECT", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", 405},
        Refusal{"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Refusal{"HTTP/1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", 505},
        Refusal{"HTTP/0.9", "GET /\r\n\r\n", 400},
        Refusal{"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
        Refusal{"no name", "GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n", 400},
        Refusal{"no colon", "GET / HTTP/1.1\r\n" + host + "nonsense\r\n\r\n", 400},
        Refusal{"the target *", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"a target without a slash", "GET freeze HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"https in the target", "GET https://a/ HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"no host in the target", "GET http:///x HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"user information in the target", "GET http://u@a/ HTTP/1.1\r\n" + host + "\r\n",
                400},
        Refusal{"a space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", 505},
        Refusal{"a fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"half an escape", "GET /a%2 HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"an escaped NUL", "GET /a%00 HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"an escaped line end", "GET /a%0d%0ab HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"an escaped slash", "GET /a%2fb HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"no UTF-8", "GET /%ff HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"an overlong slash", "GET /%c0%af HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"a surrogate", "GET /%ed%a0%80 HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"a path above the root", "GET /a/../../b HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"half an escape in the query", "GET /?a=%x HTTP/1.1\r\n" + host + "\r\n", 400},
        Refusal{"another expectation", "POST / HTTP/1.1\r\n" + host + "Expect: cake\r\n\r\n", 417},
        Refusal{"a bad form",
                "POST / HTTP/1.1\r\n" + host +
                    "Content-Type: application/x-www-form-urlencoded\r\n"
                    "Content-Length: 4\r\n\r\na=%x",
                400}));

INSTANTIATE_TEST_SUITE_P(
    TooLarge, RefusedRequest,
    testing::Values(
        Refusal{"a long target", "GET /" + std::string(3000, 'a') + " HTTP/1.1\r\n", 431},
        Refusal{"a long line without an end", std::string(3000, 'a'), 431},
        Refusal{"a long header", "GET / HTTP/1.1\r\nX: " + std::string(3000, 'a') + "\r\n", 431},
        Refusal{"a long body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1001\r\n\r\n", 413},
        Refusal{"a long chunk",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
        Refusal{"many chunks",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                    std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n",
                413},
        Refusal{"a long chunk extension",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;x=" +
                    std::string(300, 'e') + "\r\nx\r\n0\r\n\r\n",
                400},
        Refusal{"a chunk of no size",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400},
        Refusal{"a chunk size beyond 64 bits",
                "POST / HTTP/1.1\r\n" + host +
                    "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nx\r\n0\r\n\r\n",
                400},
        Refusal{"a chunk without its end",
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n",
                400}));

TEST(RequestReader, ReadsARequestHoweverItsBytesArrive) {
  const std::string bytes =
      "POST /freeze/./b%20c//d/../api?change=fix&x=a%2Bb+c&y HTTP/1.1\r\nHOST: slod:9750\r\n"
      "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nX-Two:  a \r\n"
      "x-two: b\r\nContent-Length: 15\r\n\r\nquery=up%0A&z=1GET / HTTP/1.1\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    RequestReader reader(2048, 1000);
    const std::string left = feed(reader, bytes, piece);
    ASSERT_EQ(reader.state(), State::complete) << piece << reader.refusal().body;
    const Request& request = reader.request();
    EXPECT_EQ(left, "GET / HTTP/1.1\r\n");
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/freeze/./b%20c//d/../api?change=fix&x=a%2Bb+c&y");
    EXPECT_EQ(request.path, "/freeze/b c/api");
    EXPECT_EQ(
        request.query,
        (Fields{{"query", "up\n"}, {"z", "1"}, {"change", "fix"}, {"x", "a+b c"}, {"y", ""}}));
    EXPECT_EQ(request.header("host"), "slod:9750");
    EXPECT_EQ(request.header("x-two"), "a");
    EXPECT_EQ(request.headers.size(), 5U);
    EXPECT_TRUE(reader.keep_alive());
  }
}

TEST(RequestReader, ReadsChunksAndDropsTrailers) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nAuthorization: Bearer x\r\nHost: evil\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    RequestReader reader(2048, 1000);
    EXPECT_EQ(feed(reader, bytes, piece), "");
    ASSERT_EQ(reader.state(), State::complete) << piece << reader.refusal().body;
    EXPECT_EQ(reader.request().body, "hello world");
    EXPECT_EQ(reader.request().header("authorization"), "");
    EXPECT_EQ(reader.request().header("host"), "a");
    EXPECT_EQ(reader.request().headers.size(), 2U);
  }
}

TEST(RequestReader, TakesTheHostOfAnAbsoluteTarget) {
  RequestReader reader(2048, 1000);
  feed(reader, "GET http://slod:9750/metrics?a=b HTTP/1.1\r\nHost: other\r\n\r\n", 100);
  ASSERT_EQ(reader.state(), State::complete) << reader.refusal().body;
  EXPECT_EQ(reader.request().path, "/metrics");
  EXPECT_EQ(reader.request().target, "/metrics?a=b");
  EXPECT_EQ(reader.request().header("host"), "slod:9750");
}

TEST(RequestReader, NormalisesPaths) {
  const std::vector<std::pair<std::string, std::string>> paths = {
      {"/", "/"},
      {"//", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/b/..", "/a/"},
      {"/%61", "/a"},
      {"/a%20b", "/a b"},
      {"/a+b", "/a+b"},
      {"/%2e%2e%2e", "/..."},
      {"/a/%2e%2e/b", "/b"},
      {"/%c3%a9", "/\u00e9"},
      {"/a?b/../c", "/a"},
      {"/{x}", "/{x}"},
  };
  for (const auto& [target, path] : paths) {
    RequestReader reader(2048, 1000);
    feed(reader, "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", 100);
    EXPECT_EQ(reader.state(), State::complete) << target << reader.refusal().body;
    EXPECT_EQ(reader.request().path, path) << target;
  }
}

TEST(RequestReader, KnowsHowTheConnectionGoesOn) {
  struct Row {
    const char* line;
    const char* connection;
    bool keep_alive;
  };
  const std::vector<Row> rows = {
      {"GET / HTTP/1.1", "", true},
      {"GET / HTTP/1.1", "Connection: close\r\n", false},
      {"GET / HTTP/1.1", "Connection: foo, CLOSE\r\n", false},
      {"GET / HTTP/1.0", "", false},
      {"GET / HTTP/1.0", "Connection: Keep-Alive\r\n", true},
  };
  for (const Row& row : rows) {
    RequestReader reader(2048, 1000);
    feed(reader, std::string(row.line) + "\r\nHost: a\r\n" + row.connection + "\r\n", 100);
    ASSERT_EQ(reader.state(), State::complete);
    EXPECT_EQ(reader.keep_alive(), row.keep_alive) << row.line << row.connection;
  }
}

TEST(RequestReader, ToleratesAnEmptyLineBeforeARequestAndAnEmptyBodyOnGet) {
  RequestReader reader(2048, 1000);
  feed(reader, "\r\nGET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 1);
  EXPECT_EQ(reader.state(), State::complete) << reader.refusal().body;
}

TEST(RequestReader, HasTheFieldsOfAFormBeforeThoseOfTheTarget) {
  RequestReader reader(2048, 1000);
  const std::string form = "match[]=b&match%5B%5D=c+d%26&x=1";
  feed(reader,
       "POST /?match[]=a&y=2 HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded"
       "; charset=UTF-8\r\nContent-Length: " +
           std::to_string(form.size()) + "\r\n\r\n" + form,
       7);
  ASSERT_EQ(reader.state(), State::complete) << reader.refusal().body;
  EXPECT_EQ(reader.request().parameters("match[]"),
            (std::vector<std::string_view>{"b", "c d&", "a"}));
  EXPECT_EQ(*reader.request().parameter("y"), "2");
  EXPECT_TRUE(reader.request().parameters("z").empty());
}

TEST(RequestReader, RefusesTooManyParameters) {
  std::string form;
  for (int i = 0; i < 1001; ++i) form += "a&";
  RequestReader reader(16 * 1024, 10'000);
  feed(reader, "GET /?" + form + " HTTP/1.1\r\nHost: a\r\n\r\n", 65536);
  EXPECT_EQ(reader.state(), State::refused);
  EXPECT_EQ(reader.refusal().status, 400);
}

TEST(RequestReader, SurvivesEveryDamageToARequest) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::string good =
      "POST /a%20b?c=d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
      "5;x=1\r\nhello\r\n0\r\nT: u\r\n\r\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (std::uint64_t damage = random() % 3; damage < 3; ++damage) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, random() % 4);
          break;
        default:
          bytes.insert(at, good.substr(random() % good.size(), random() % 8));
      }
      if (bytes.empty()) bytes = good;
    }
    RequestReader in_pieces(2048, 1000);
    RequestReader at_once(2048, 1000);
    feed(in_pieces, bytes, 1 + random() % 20);
    feed(at_once, bytes, bytes.size());
    EXPECT_EQ(in_pieces.state(), at_once.state()) << bytes;
    EXPECT_EQ(in_pieces.request().body, at_once.request().body) << bytes;
  }
}

}  // namespace
}  // namespace slod
