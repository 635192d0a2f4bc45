#include "daemon/net/redirect.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/daemon/net/fetching.h"
#include "tests/support/scripted_server.h"

namespace slod {
namespace {

Fetch asking(std::string url) {
  return {.url = std::move(url),
          .headers = {{"Accept", "text/plain"}, {"Authorization", "Bearer x"}, {"cookie", "y"}}};
}

Reply sent_to(std::string location, int status = 302) {
  return {.status = status,
          .headers = {{"location", std::move(location)}},
          .body = {},
          .retry_after = {}};
}

/// Where a redirect leads, and with how many headers; or the error; or "" for none.
std::string led(const std::string& from, const Reply& reply) {
  const auto next = redirected(asking(from), reply);
  if (!next) return next.error();
  return *next ? fmt::format("{} {}", (*next)->url, (*next)->headers.size()) : "";
}

TEST(Redirect, IsResolvedAgainstWhatWasAskedFor) {
  const std::string from = "http://h:9090/a/b?x=1";
  EXPECT_EQ(led(from, sent_to("/metrics/")), "http://h:9090/metrics/ 3");
  EXPECT_EQ(led(from, sent_to("c?y=2")), "http://h:9090/a/c?y=2 3");
  EXPECT_EQ(led(from, sent_to("../z#part")), "http://h:9090/z 3");
  EXPECT_EQ(led(from, sent_to("?y=2")), "http://h:9090/a/b?y=2 3");
  EXPECT_EQ(led(from, sent_to("http://H:9090/z")), "http://H:9090/z 3");
  EXPECT_EQ(led("http://h/a", sent_to("http://h:80/z")), "http://h:80/z 3");
}

TEST(Redirect, TakesNoCredentialsToAnotherOrigin) {
  const std::string from = "http://h:9090/a";
  EXPECT_EQ(led(from, sent_to("http://other:9090/a")), "http://other:9090/a 1");
  EXPECT_EQ(led(from, sent_to("//other:9090/a")), "http://other:9090/a 1");
  EXPECT_EQ(led(from, sent_to("http://h:9091/a")), "http://h:9091/a 1");
  EXPECT_EQ(led(from, sent_to("https://h:9090/a")), "https://h:9090/a 1");
  EXPECT_EQ(led(from, sent_to("http://h.other/a")), "http://h.other/a 1");
}

TEST(Redirect, IsRefusedWhereItLeadsToNothingGood) {
  EXPECT_EQ(led("https://h/a", sent_to("http://h/a")),
            "it redirects from https to http, which is not followed");
  for (const char* location : {"ftp://h/a", "http://u:p@h/a", "http://", "http://h:0/", "a b",
                               "javascript:alert(1)", "http://h/\r\nX: y"}) {
    EXPECT_EQ(led("http://h/a", sent_to(location)), "it redirects to what is no http or https URL")
        << location;
  }
}

TEST(Redirect, IsNoneWithoutALocationOrWithAnotherStatusOrMethod) {
  EXPECT_EQ(led("http://h/a", sent_to("")), "");
  EXPECT_EQ(led("http://h/a", sent_to("/b", 200)), "");
  EXPECT_EQ(led("http://h/a", sent_to("/b", 304)), "");
  EXPECT_EQ(led("http://h/a", sent_to("/b", 300)), "");
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_NE(led("http://h/a", sent_to("/b", status)), "") << status;
  }
  Fetch post = asking("http://h/a");
  post.method = "POST";
  EXPECT_FALSE(redirected(post, sent_to("/b")).value());
}

std::string moved(std::string_view location) {
  return fmt::format("HTTP/1.1 301 Moved\r\nLocation: {}\r\nContent-Length: 4\r\n\r\ngone",
                     location);
}

TEST(ClientRedirects, AreFollowedWhereItIsAsked) {
  std::vector<std::string> heads;
  ScriptedServer other([&](RawSocket& socket, std::size_t) {
    heads.push_back(socket.read_until("\r\n\r\n"));
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  ScriptedServer server([&](RawSocket& socket, std::size_t) {
    for (;;) {
      const std::string head = socket.read_until("\r\n\r\n");
      if (head.empty()) return;
      heads.push_back(head);
      const bool is_first = head.starts_with("GET /metrics ");
      socket.send(moved(is_first ? "/metrics/" : other.url("/page")));
    }
  });
  Fetching fetching;
  Fetch request = asking(server.url("/metrics"));
  EXPECT_EQ(fetching.fetch(request)->status, 301);
  heads.clear();
  request.follow_redirects = true;
  const auto reply = fetching.fetch(request);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "ok");
  ASSERT_EQ(heads.size(), 3U);
  EXPECT_TRUE(heads[1].starts_with("GET /metrics/ HTTP/1.1"));
  EXPECT_TRUE(heads[1].contains("Bearer x"));
  EXPECT_TRUE(heads[2].starts_with("GET /page HTTP/1.1"));
  EXPECT_FALSE(heads[2].contains("Bearer x"));
  EXPECT_FALSE(heads[2].contains("cookie"));
}

TEST(ClientRedirects, AreFollowedTenTimesAndWithinTheTime) {
  ScriptedServer endless([](RawSocket& socket, std::size_t) {
    while (!socket.read_until("\r\n\r\n").empty()) socket.send(moved("/again"));
  });
  Fetching fetching;
  const auto reply = fetching.fetch({.url = endless.url("/a"), .follow_redirects = true});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message,
            fmt::format("GET {}: it redirects more than 10 times in a row", endless.url("/again")));

  ScriptedServer silent([&](RawSocket& socket, std::size_t) { socket.read_until("never"); });
  ScriptedServer slow([&](RawSocket& socket, std::size_t) {
    socket.read_until("\r\n\r\n");
    socket.send(moved(silent.url("/a")));
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto late =
      fetching.fetch({.url = slow.url("/a"), .timeout = Duration(200), .follow_redirects = true});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, FetchError::Kind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace slod
