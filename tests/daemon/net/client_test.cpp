#include "daemon/net/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <latch>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/net/gzip.h"
#include "tests/daemon/net/fetching.h"
#include "tests/support/scripted_server.h"

namespace slod {
namespace {

namespace asio = boost::asio;
using Kind = FetchError::Kind;

std::string ok(std::string_view body, std::string_view more = {}) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), more, body);
}

TEST(Client, SendsTheRequestAndReadsTheReply) {
  std::string head;
  std::string body;
  ScriptedServer server([&](RawSocket& socket, std::size_t) {
    head = socket.read_until("\r\n\r\n");
    body = socket.read_exactly(4);
    socket.send("HTTP/1.1 202 Accepted\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\nok");
  });
  Fetching fetching;
  const auto reply = fetching.fetch({.method = "POST",
                                     .url = server.url("/v2/enqueue?a=b"),
                                     .headers = {{"Authorization", "Bearer x"}},
                                     .body = "body"});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 202);
  EXPECT_EQ(reply->header("x-id"), "7");
  EXPECT_EQ(reply->body, "ok");
  EXPECT_EQ(body, "body");
  EXPECT_EQ(head, fmt::format("POST /v2/enqueue?a=b HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
                              "User-Agent: slod\r\nAccept-Encoding: gzip\r\n"
                              "Authorization: Bearer x\r\nContent-Length: 4\r\n"
                              "Connection: close\r\n\r\n",
                              server.port()));
}

struct Read {
  const char* what;
  std::string reply;
  int status;
  std::string body;
};

class GoodReply : public testing::TestWithParam<Read> {};

TEST_P(GoodReply, IsReadHoweverItsBytesArrive) {
  const Read& row = GetParam();
  for (const std::size_t piece : {1UL, 1000UL}) {
    ScriptedServer server([&](RawSocket& socket, std::size_t) {
      socket.read_until("\r\n\r\n");
      for (std::size_t at = 0; at < row.reply.size(); at += piece) {
        socket.send(row.reply.substr(at, piece));
      }
    });
    Fetching fetching;
    const auto reply = fetching.get(server.url("/"));
    ASSERT_TRUE(reply) << row.what << ": " << reply.error().message;
    EXPECT_EQ(reply->status, row.status) << row.what;
    EXPECT_EQ(reply->body, row.body) << row.what;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GoodReply,
    testing::Values(
        Read{"length", ok("hello"), 200, "hello"}, Read{"empty", ok(""), 200, ""},
        Read{"to the end", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello"},
        Read{"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello"},
        Read{"chunks",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n"
             "0\r\nTrailer: x\r\n\r\n",
             200, "hello!"},
        Read{"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, ""},
        Read{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        Read{"an error", "HTTP/1.1 503 Sorry\r\nContent-Length: 4\r\n\r\nbusy", 503, "busy"},
        Read{"a redirect, not followed",
             "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
             302, ""},
        Read{"interim replies",
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("hi"),
             200, "hi"},
        Read{"gzip", ok(gzip("hello"), "Content-Encoding: gzip\r\n"), 200, "hello"},
        Read{"GZIP", ok(gzip("hello"), "Content-Encoding: X-GZIP\r\n"), 200, "hello"},
        Read{"gzip members", ok(gzip("hel") + gzip("lo"), "Content-Encoding: gzip\r\n"), 200,
             "hello"},
        Read{"identity", ok("hello", "Content-Encoding: identity\r\n"), 200, "hello"}));

struct Bad {
  const char* what;
  std::string reply;
  Kind kind;
};

class BadReply : public testing::TestWithParam<Bad> {};

TEST_P(BadReply, IsAnErrorThatSaysWhere) {
  ScriptedServer server(reply_with(GetParam().reply));
  Fetching fetching;
  const auto reply = fetching.fetch({.url = server.url("/page?token=secret"),
                                     .timeout = Duration(5'000),
                                     .body_bytes_max = 100'000});
  ASSERT_FALSE(reply) << GetParam().what << reply->body;
  EXPECT_EQ(to_string(reply.error().kind), to_string(GetParam().kind)) << reply.error().message;
  EXPECT_TRUE(reply.error().message.starts_with(fmt::format("GET {}: ", server.url("/page"))))
      << reply.error().message;
  EXPECT_EQ(reply.error().message.find("secret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadReply,
    testing::Values(
        Bad{"nothing", "", Kind::protocol}, Bad{"no HTTP", "SSH-2.0-OpenSSH_9\r\n", Kind::protocol},
        Bad{"half a header", "HTTP/1.1 200 OK\r\nX: ", Kind::protocol},
        Bad{"a body too short", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
            Kind::protocol},
        Bad{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            Kind::protocol},
        Bad{"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n",
            Kind::protocol},
        Bad{"length and chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nh",
            Kind::protocol},
        Bad{"another transfer encoding",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Kind::protocol},
        Bad{"an upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", Kind::protocol},
        Bad{"only interim replies",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 "
            "Continue\r\n\r\n"
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 "
            "Continue\r\n\r\n",
            Kind::protocol},
        Bad{"an endless header", "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'),
            Kind::protocol},
        Bad{"a length beyond the limit", "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n",
            Kind::too_large},
        Bad{"a length just beyond the limit", ok(std::string(100'001, 'x')), Kind::too_large},
        Bad{"a chunk beyond the limit",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n", Kind::too_large},
        Bad{"a body to the end beyond the limit",
            "HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'x'), Kind::too_large},
        Bad{"a gzip bomb", ok(gzip(std::string(20'000'000, '\0')), "Content-Encoding: gzip\r\n"),
            Kind::too_large},
        Bad{"a small gzip bomb",
            ok(gzip(std::string(1'000'000, '\0')), "Content-Encoding: gzip\r\n"), Kind::too_large},
        Bad{"half a gzip", ok(gzip("hello").substr(0, 15), "Content-Encoding: gzip\r\n"),
            Kind::protocol},
        Bad{"no gzip", ok("hello", "Content-Encoding: gzip\r\n"), Kind::protocol},
        Bad{"brotli", ok("hello", "Content-Encoding: br\r\n"), Kind::protocol},
        Bad{"gzip twice", ok("hello", "Content-Encoding: gzip, gzip\r\n"), Kind::protocol}));

TEST(Client, ReadsABodyOfExactlyItsLimit) {
  const std::string body(100'000, 'x');
  ScriptedServer server([&](RawSocket& socket, std::size_t index) {
    socket.read_until("\r\n\r\n");
    socket.send(index == 0 ? ok(body) : ok(gzip(body), "Content-Encoding: gzip\r\n"));
  });
  for (int i = 0; i < 2; ++i) {
    Fetching fetching;
    const auto reply = fetching.fetch({.url = server.url("/"), .body_bytes_max = 100'000});
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, body);
  }
}

TEST(Client, EndsAtItsDeadlineWhateverThePeerDoes) {
  const std::vector<ScriptedServer::Script> scripts = {
      [](RawSocket& socket, std::size_t) { socket.read_to_end(); },  // says nothing
      [](RawSocket& socket, std::size_t) {
        socket.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        socket.read_to_end();
      },
      [](RawSocket& socket, std::size_t) {  // an endless body, faster than any deadline
        socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        std::string chunks;
        for (int i = 0; i < 10'000; ++i) chunks += "1;x=y\r\nz\r\n";
        while (socket.send(chunks)) {
        }
      },
      [](RawSocket& socket, std::size_t) {  // an endless header
        socket.send("HTTP/1.1 100 Continue\r\n");
        socket.read_to_end();
      },
  };
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    ScriptedServer server(scripts[i]);
    Fetching fetching;
    const auto begin = std::chrono::steady_clock::now();
    const auto reply = fetching.fetch({.url = server.url("/slow"),
                                       .timeout = Duration(100),
                                       .body_bytes_max = std::size_t(1) << 40});
    ASSERT_FALSE(reply) << i;
    EXPECT_EQ(reply.error().kind, Kind::timeout) << reply.error().message;
    EXPECT_TRUE(reply.error().message.ends_with(" within 100ms")) << reply.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3)) << i;
  }
}

TEST(Client, AHangingNameEndsAtTheDeadline) {
  auto let_go = std::make_shared<std::latch>(1);
  Fetching fetching([let_go](const std::string&) {
    let_go->wait();
    return std::expected<Resolver::Addresses, std::string>(std::unexpected("it hung"));
  });
  const auto reply = fetching.fetch({.url = "http://hang.example/", .timeout = Duration(50)});
  EXPECT_EQ(reply.error().kind, Kind::timeout);
  EXPECT_EQ(reply.error().message,
            "GET http://hang.example/: no answer for the name hang.example in time");
  let_go->count_down();
}

TEST(Client, SaysWhyANameIsNotFound) {
  Fetching fetching([](const std::string& name) {
    return std::expected<Resolver::Addresses, std::string>(
        std::unexpected(fmt::format("cannot look up {}: no such name", name)));
  });
  const auto reply = fetching.get("http://none.example:8080/metrics");
  EXPECT_EQ(reply.error().kind, Kind::resolve);
  EXPECT_EQ(reply.error().message,
            "GET http://none.example:8080/metrics: cannot look up none.example: no such name");
}

TEST(Client, TriesEveryAddressOfAName) {
  ScriptedServer server(reply_with(ok("hello")));
  Fetching fetching([](const std::string&) {
    // Nobody listens on the first: the server is on 127.0.0.1 alone.
    return std::expected<Resolver::Addresses, std::string>(Resolver::Addresses{
        asio::ip::make_address("127.0.0.9"), asio::ip::make_address("127.0.0.1")});
  });
  const auto reply = fetching.get(fmt::format("http://two.example:{}/", server.port()));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "hello");
}

TEST(Client, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    ScriptedServer gone(reply_with(""));
    port = gone.port();
  }
  Fetching fetching;
  const auto reply = fetching.get(fmt::format("http://127.0.0.1:{}/", port));
  EXPECT_EQ(reply.error().kind, Kind::connect);
  EXPECT_EQ(reply.error().message,
            fmt::format("GET http://127.0.0.1:{}/: cannot connect: Connection refused", port));
}

TEST(Client, RefusesToInjectAnything) {
  std::mutex mutex;
  int requests = 0;
  ScriptedServer server([&](RawSocket& socket, std::size_t) {
    socket.read_some();
    const std::lock_guard lock(mutex);
    ++requests;
  });
  const std::string url = server.url("/");
  const std::vector<Fetch> bad = {
      {.url = url, .headers = {{"X", "a\r\nEvil: 1"}}},
      {.url = url, .headers = {{"X", "a\nEvil: 1"}}},
      {.url = url, .headers = {{"X", std::string("a\0b", 3)}}},
      {.url = url, .headers = {{"X: a\r\nEvil", "1"}}},
      {.url = url, .headers = {{"", "1"}}},
      {.url = url, .headers = {{"Host", "evil"}}},
      {.url = url, .headers = {{"content-length", "1"}}},
      {.url = url, .headers = {{"Transfer-Encoding", "chunked"}}},
      {.method = "GET / HTTP/1.1\r\nX:", .url = url},
      {.method = "", .url = url},
      {.url = url + "\r\nEvil: 1"},
      {.url = url + " HTTP/1.1"},
  };
  Fetching fetching;
  for (const Fetch& fetch : bad) {
    const auto reply = fetching.fetch(fetch);
    ASSERT_FALSE(reply);
    EXPECT_TRUE(reply.error().kind == Kind::protocol || reply.error().kind == Kind::bad_url);
  }
  const std::lock_guard lock(mutex);
  EXPECT_EQ(requests, 0);
}

TEST(Client, ShowsNothingOfASecretUrl) {
  ScriptedServer server(reply_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
  Fetching fetching;
  const auto reply = fetching.fetch(
      {.method = "POST", .url = server.url("/services/secret?k=secret"), .secret_url = true});
  EXPECT_EQ(reply.error().message.find("secret"), std::string::npos) << reply.error().message;
  EXPECT_TRUE(
      reply.error().message.starts_with(fmt::format("POST http://127.0.0.1:{}: ", server.port())));
}

TEST(Client, TellsHowLongToWait) {
  ScriptedServer server(
      reply_with("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"));
  Fetching fetching;
  EXPECT_EQ(fetching.get(server.url("/"))->retry_after, Duration(30'000));
}

TEST(Client, ReadsNoBodyAfterHead) {
  ScriptedServer server(reply_with("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"));
  Fetching fetching;
  const auto reply = fetching.fetch({.method = "HEAD", .url = server.url("/")});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "");
}

/// Answers as many requests as come on a connection.
void answer_all(RawSocket& socket, std::size_t index) {
  while (socket.read_until("\r\n\r\n").ends_with("\r\n\r\n")) {
    if (!socket.send(ok(std::to_string(index)))) return;
  }
}

TEST(Client, KeepsAConnectionForTheNextGet) {
  ScriptedServer server(answer_all);
  Fetching fetching;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetching.get(server.url("/"))->body, "0");
  EXPECT_EQ(server.connections(), 1U);
  // What must not be sent twice has a connection of its own.
  EXPECT_EQ(fetching.fetch({.method = "POST", .url = server.url("/")})->body, "1");
  EXPECT_EQ(fetching.get(server.url("/"))->body, "0");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Client, ReplacesAConnectionThatThePeerClosed) {
  // Says that it keeps the connection, and closes it after each reply.
  ScriptedServer server([](RawSocket& socket, std::size_t index) {
    socket.read_until("\r\n\r\n");
    socket.send(ok(std::to_string(index)));
  });
  Fetching fetching;
  for (int i = 0; i < 20; ++i) {
    const auto reply = fetching.get(server.url("/"));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, std::to_string(i));
  }
}

TEST(Client, AsksAgainWhenAnIdleConnectionEndsUnderIt) {
  ScriptedServer server([](RawSocket& socket, std::size_t index) {
    socket.read_until("\r\n\r\n");
    socket.send(ok(std::to_string(index)));
    if (index == 0) socket.read_until("\r\n\r\n");  // takes the second request, and hangs up
  });
  Fetching fetching;
  EXPECT_EQ(fetching.get(server.url("/"))->body, "0");
  EXPECT_EQ(fetching.get(server.url("/"))->body, "1");
}

TEST(Client, DoesNotReuseAConnectionWithBytesLeftOver) {
  ScriptedServer server([](RawSocket& socket, std::size_t index) {
    socket.read_until("\r\n\r\n");
    socket.send(ok(std::to_string(index)) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    socket.read_to_end();
  });
  Fetching fetching;
  EXPECT_EQ(fetching.get(server.url("/"))->body, "0");
  EXPECT_EQ(fetching.get(server.url("/"))->body, "1");
}

TEST(Client, EndsWhenItIsCancelledAtAnyTime) {
  ScriptedServer server(answer_all);
  for (int steps = 0; steps < 30; ++steps) {
    Fetching fetching;
    asio::cancellation_signal signal;
    std::optional<Fetching::Outcome> outcome;
    bool is_thrown = false;
    asio::co_spawn(fetching.loop, fetching.client.fetch({.url = server.url("/")}),
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr thrown, Fetching::Outcome result) {
                         is_thrown = thrown != nullptr;
                         outcome = std::move(result);
                       }));
    for (int i = 0; i < steps && !outcome && fetching.loop.run_one() > 0; ++i) {
    }
    // On the loop, as slod does: Boost 1.83 throws out of it what is cancelled before it began.
    asio::post(fetching.loop, [&] { signal.emit(asio::cancellation_type::terminal); });
    fetching.loop.run();
    ASSERT_TRUE(outcome) << steps;
    EXPECT_FALSE(is_thrown) << steps;
    EXPECT_TRUE(*outcome || outcome->error().kind == Kind::cancelled) << outcome->error().message;
  }
}

}  // namespace
}  // namespace slod
