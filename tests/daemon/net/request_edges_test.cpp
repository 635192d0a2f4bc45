// Requests at their limits, and answers that the peer has already.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/net/entity_tag.h"
#include "daemon/net/request_reader.h"
#include "daemon/net/target.h"

namespace slod {
namespace {

using State = RequestReader::State;

constexpr std::size_t header_max = 2048;

/// Reads all bytes at once, as far as they go.
void read(RequestReader& reader, std::string bytes) {
  while (reader.state() == State::header || reader.state() == State::body) {
    const std::size_t consumed = reader.read(bytes);
    bytes.erase(0, consumed);
    if (consumed == 0 || bytes.empty()) break;
  }
}

std::string value_of(const Fields& headers, std::string_view name) {
  const auto found =
      std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? "" : found->second;
}

TEST(RequestEdges, TakeAHeaderThatFillsTheLimit) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nFiller: ";
  const std::string end = "\r\n\r\n";
  for (const std::size_t more : {0U, 1U}) {
    const std::string filler(header_max - begin.size() - end.size() + more, 'x');
    RequestReader reader(header_max, 1000);
    read(reader, begin + filler + end);
    EXPECT_EQ(reader.state(), more == 0 ? State::complete : State::refused);
    if (more == 1) EXPECT_EQ(reader.refusal().status, 431);
  }
}

TEST(RequestEdges, SayWhichMethodsThereAre) {
  RequestReader reader(header_max, 1000);
  read(reader, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reader.refusal().status, 405);
  EXPECT_EQ(value_of(reader.refusal().headers, "Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE");
}

TEST(RequestEdges, MayWaitForAContinueOnlyWhereABodyFollows) {
  const auto waits = [](const std::string& version, const std::string& length) {
    RequestReader reader(header_max, 1000);
    read(reader, "POST / HTTP/" + version +
                     "\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " + length +
                     "\r\n\r\n");
    return reader.expects_continue();
  };
  EXPECT_TRUE(waits("1.1", "5"));
  EXPECT_FALSE(waits("1.1", "0"));
  EXPECT_FALSE(waits("1.0", "5")) << "HTTP/1.0 knows of no such answer";
}

TEST(RequestEdges, MayHaveAsManyParametersAsTheLimit) {
  const auto form_of = [](std::size_t fields) {
    std::string form;
    for (std::size_t i = 0; i < fields; ++i) form += i == 0 ? "a=1" : "&a=1";
    return form;
  };
  for (const std::size_t in_target : {std::size_t{0}, std::size_t{1}, std::size_t{400}}) {
    for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
      const std::string body = form_of(query_fields_max - in_target + more);
      RequestReader reader(header_max + 4000, 100'000);
      read(reader, "POST /?" + form_of(in_target) +
                       " HTTP/1.1\r\nHost: a\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
      EXPECT_EQ(reader.state(), more == 0 ? State::complete : State::refused) << in_target;
      if (more == 0) EXPECT_EQ(reader.request().query.size(), query_fields_max);
    }
  }
}

TEST(Targets, HaveNoControlByte) {
  for (const char* target : {"/a%7fb", "/a%1fb", "/a%00b", "/%0a"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
  EXPECT_TRUE(parse_target("/a%20b"));
  EXPECT_TRUE(parse_target("/a%7eb"));
}

TEST(Targets, NeedAPathAfterTheirHost) {
  EXPECT_FALSE(parse_target("http://a"));
  EXPECT_FALSE(parse_target("http://a?b=c"));
  EXPECT_EQ(parse_target("http://a").error(),
            "expected a path after the host of the request target");
  EXPECT_EQ(parse_target("http://a/?b=c").value().host, "a");
}

TEST(Forms, SkipWhatIsEmpty) {
  Fields fields;
  EXPECT_EQ(append_form("&a=1&&b=&", fields), "");
  EXPECT_EQ(fields, (Fields{{"a", "1"}, {"b", ""}}));
}

TEST(EntityTag, SavesABodyThatThePeerHas) {
  Request request;
  Response page;
  page.body = "page";
  const Response first = revalidated(request, page);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "page");
  const std::string tag = value_of(first.headers, "ETag");
  ASSERT_FALSE(tag.empty());
  for (const std::string& known : {tag, std::string("*"), "\"other\", " + tag}) {
    request.headers = {{"if-none-match", known}};
    const Response again = revalidated(request, page);
    EXPECT_EQ(again.status, 304) << known;
    EXPECT_TRUE(again.body.empty()) << known;
    EXPECT_EQ(value_of(again.headers, "ETag"), tag);
  }
  request.headers = {{"if-none-match", "\"other\""}};
  EXPECT_EQ(revalidated(request, page).status, 200);
}

TEST(EntityTag, IsGivenToNoError) {
  Request request;
  request.headers = {{"if-none-match", "*"}};
  Response missing;
  missing.status = 404;
  missing.body = "no such page";
  const Response same = revalidated(request, missing);
  EXPECT_EQ(same.status, 404);
  EXPECT_EQ(same.body, "no such page");
  EXPECT_EQ(value_of(same.headers, "ETag"), "");
}

}  // namespace
}  // namespace slod
