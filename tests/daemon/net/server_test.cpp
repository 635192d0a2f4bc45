#include "daemon/net/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "tests/support/loop_thread.h"
#include "tests/support/raw_socket.h"

namespace slod {
namespace {

/// What the observer was told.
struct Seen {
  std::string method;
  std::string path;
  int status;
};

/// A server on its own thread; its answers depend on the path.
class Served {
 public:
  explicit Served(ServerLimits limits = {})
      : server_(
            loop_, limits, [this](const Request& request) { return answer(request); },
            [this](const Request& request, int status, std::chrono::microseconds) {
              const std::lock_guard lock(mutex_);
              seen_.push_back({request.method, request.path, status});
            },
            [this](std::string_view sentence) {
              const std::lock_guard lock(mutex_);
              reports_.emplace_back(sentence);
            }),
        port_(server_.start("127.0.0.1", 0).value()),
        thread_(loop_) {}

  std::uint16_t port() const { return port_; }
  RawSocket connect() const { return connect_raw(port_); }

  /// Begins to drain; the future is ready when it has ended.
  std::future<void> drain(Duration limit) {
    auto done = std::make_shared<std::promise<void>>();
    boost::asio::co_spawn(loop_, server_.drain(limit),
                          [done](const std::exception_ptr&) { done->set_value(); });
    return done->get_future();
  }

  std::size_t connections() {
    std::size_t count = 0;
    thread_.run([&] { count = server_.connections(); });
    return count;
  }

  /// Returns once that many connections are open.
  void await_connections(std::size_t count) {
    while (connections() != count) {
    }
  }

  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::vector<std::string> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  Response answer(const Request& request) {
    if (request.path == "/throw") throw std::runtime_error("the disk is on fire");
    if (request.path == "/empty") return {.status = 204};
    if (request.path == "/split") return {.headers = {{"X-A", "b\r\nEvil: 1"}}};
    if (request.path == "/name") return {.headers = {{"X A", "b"}}};
    if (request.path == "/length") return {.headers = {{"content-length", "1"}}};
    if (request.path == "/type") return {.content_type = "text/html\r\n\r\n<script>"};
    if (request.path == "/status") return {.status = 99};
    if (request.path == "/large") return {.body = std::string(8 << 20, 'x')};
    if (request.path == "/own") {
      return {.content_type = "text/css", .headers = {{"cache-control", "max-age=60"}}};
    }
    if (request.path == "/missing") return json_error(404, "expected another path");
    return {.body = fmt::format("{} {} {}", request.method, request.target, request.body)};
  }

  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::vector<std::string> reports_;
  boost::asio::io_context loop_{1};
  Server server_;
  std::uint16_t port_;
  LoopThread thread_;
};

std::string get(std::string_view path, std::string_view more = {}) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", path, more);
}

TEST(Server, AnswersWithItsOwnHeaders) {
  Served served;
  RawSocket socket = served.connect();
  socket.send(get("/freeze/api?change=fix"));
  const RawResponse response = read_response(socket);
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(response.body, "GET /freeze/api?change=fix ");
  EXPECT_EQ(response.header("Content-Type"), "application/json");
  EXPECT_EQ(response.header("Server"), "slod");
  EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response.header("Cache-Control"), "no-store");
  EXPECT_TRUE(response.header("Date").ends_with(" GMT"));
  EXPECT_EQ(response.header("Date").size(), 29U);
  EXPECT_EQ(response.header("Connection"), "");

  socket.send(get("/own"));
  const RawResponse own = read_response(socket);
  EXPECT_EQ(own.header("Cache-Control"), "max-age=60");
  EXPECT_EQ(own.header("Content-Type"), "text/css");
  EXPECT_EQ(own.head.find("no-store"), std::string::npos);
}

TEST(Server, KeepsTheConnectionAfterAnApplicationsOwn404) {
  Served served;
  RawSocket socket = served.connect();
  for (int i = 0; i < 3; ++i) {
    socket.send(get("/missing"));
    const RawResponse response = read_response(socket);
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, R"({"error":"expected another path"})");
  }
  EXPECT_EQ(served.connections(), 1U);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  Served served;
  RawSocket socket = served.connect();
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests +=
        i % 2 == 0
            ? get(fmt::format("/{}", i))
            : fmt::format("POST /{} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", i);
  }
  socket.send(requests);
  for (int i = 0; i < 200; ++i) {
    const std::string expected =
        i % 2 == 0 ? fmt::format("GET /{} ", i) : fmt::format("POST /{} body", i);
    EXPECT_EQ(read_response(socket).body, expected);
  }
}

TEST(Server, SkipsEmptyLinesBeforeARequest) {
  Served served;
  RawSocket socket = served.connect();
  socket.send("\r\n" + get("/1") +
              "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody\r\n\r\n" + get("/3"));
  for (const char* expected : {"GET /1 ", "POST /2 body", "GET /3 "}) {
    EXPECT_EQ(read_response(socket).body, expected);
  }
}

TEST(Server, AnswersHeadWithTheHeaderOfGet) {
  Served served;
  RawSocket socket = served.connect();
  socket.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/y"));
  const RawResponse head = read_response(socket, false);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "7");  // of "GET /x "
  EXPECT_EQ(read_response(socket).body, "GET /y ");
  EXPECT_EQ(served.seen().at(0).method, "HEAD");
}

TEST(Server, SendsNoBodyWithNoContent) {
  Served served;
  RawSocket socket = served.connect();
  socket.send(get("/empty") + get("/y"));
  const RawResponse empty = read_response(socket);
  EXPECT_EQ(empty.status, 204);
  EXPECT_EQ(empty.header("Content-Length"), "");
  EXPECT_EQ(read_response(socket).body, "GET /y ");
}

TEST(Server, HasItsPortBeforeItTakesConnections) {
  boost::asio::io_context loop;
  Server server(
      loop, ServerLimits{}, [](const Request&) { return Response{}; },
      [](const Request&, int, std::chrono::microseconds) {}, [](std::string_view) {});
  const std::uint16_t port = server.bind("127.0.0.1", 0).value();
  EXPECT_NE(port, 0);
  boost::asio::ip::tcp::socket peer(loop);
  const boost::asio::ip::tcp::endpoint there(boost::asio::ip::address_v4::loopback(), port);
  boost::system::error_code error;
  peer.connect(there, error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
  peer.close();
  ASSERT_TRUE(server.start());
  peer.connect(there, error);
  EXPECT_FALSE(error) << error.message();

  Server late(
      loop, ServerLimits{}, [](const Request&) { return Response{}; },
      [](const Request&, int, std::chrono::microseconds) {}, [](std::string_view) {});
  EXPECT_FALSE(late.bind("127.0.0.1", port));
}

TEST(Server, SpeaksHttp10) {
  Served served;
  RawSocket once = served.connect();
  once.send("GET /a HTTP/1.0\r\n\r\n");
  const RawResponse response = read_response(once);
  EXPECT_EQ(response.body, "GET /a ");
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(once.read_to_end(), "");

  RawSocket kept = served.connect();
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(read_response(kept).header("Connection"), "keep-alive");
  }
}

TEST(Server, ClosesWhenThePeerAsksForIt) {
  Served served;
  RawSocket socket = served.connect();
  socket.send(get("/a", "Connection: close\r\n") + get("/b"));
  EXPECT_EQ(read_response(socket).header("Connection"), "close");
  EXPECT_EQ(socket.read_to_end(), "");
}

TEST(Server, AsksForABodyThatWaits) {
  Served served;
  RawSocket socket = served.connect();
  socket.send("POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("body");
  EXPECT_EQ(read_response(socket).body, "POST /a body");

  // One that it would refuse anyway it does not ask for.
  socket.send(
      "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_EQ(read_response(socket).status, 413);
}

TEST(Server, TellsThePeerOfAnErrorAndCloses) {
  struct Row {
    std::string bytes;
    int status;
  };
  const std::vector<Row> rows = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x'), 431},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + std::string(100'000, 'x'),
       413},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n" + get("/smuggled"), 400},
  };
  Served served;
  for (const Row& row : rows) {
    RawSocket socket = served.connect();
    socket.send(row.bytes);
    const RawResponse response = read_response(socket);
    EXPECT_EQ(response.status, row.status) << row.bytes.substr(0, 60);
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_TRUE(response.body.starts_with(R"({"error":"expected )")) << response.body;
    EXPECT_EQ(socket.read_to_end(), "");
  }
  for (const Seen& seen : served.seen()) EXPECT_NE(seen.path, "/smuggled");
  EXPECT_EQ(served.seen().size(), rows.size());
}

TEST(Server, RefusesTrailersBeyondItsBuffer) {
  Served served;
  RawSocket socket = served.connect();
  socket.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
  for (int i = 0; i < 20'000 && socket.send("Trailer: value\r\n"); ++i) {
  }
  EXPECT_EQ(read_response(socket).status, 400);
}

TEST(Server, TurnsAnExceptionOrABadResponseIntoA500) {
  Served served;
  RawSocket socket = served.connect();
  for (const char* path : {"/throw", "/split", "/name", "/length", "/type", "/status"}) {
    socket.send(get(path));
    const RawResponse response = read_response(socket);
    EXPECT_EQ(response.status, 500) << path;
    EXPECT_EQ(response.body, R"({"error":"an internal error kept slod from answering"})");
    EXPECT_EQ(response.header("Evil"), "");
  }
  socket.send(get("/fine"));
  EXPECT_EQ(read_response(socket).status, 200);
  const auto reports = served.reports();
  ASSERT_EQ(reports.size(), 6U);
  EXPECT_EQ(reports[0], "answered /throw with 500: the disk is on fire");
  EXPECT_EQ(reports[1], "answered /split with 500: the response header X-A has a control byte");
}

TEST(Server, GivesASlowHeaderAndASlowBodyTheirTimeAndNoMore) {
  ServerLimits limits;
  limits.header_timeout = Duration(50);
  limits.body_timeout = Duration(50);
  Served served(limits);
  RawSocket header = served.connect();
  header.send("GET / HT");
  EXPECT_EQ(read_response(header).status, 408);
  EXPECT_EQ(header.read_to_end(), "");

  RawSocket body = served.connect();
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx");
  EXPECT_EQ(read_response(body).status, 408);
  EXPECT_EQ(body.read_to_end(), "");
}

TEST(Server, TrickledBytesDoNotProlongTheHeadersTime) {
  ServerLimits limits;
  limits.header_timeout = Duration(100);
  Served served(limits);
  const auto begin = std::chrono::steady_clock::now();
  RawSocket socket = served.connect();
  socket.send("GET / HTTP/1.1\r\nX: ");
  pollfd answer{.fd = socket.descriptor(), .events = POLLIN, .revents = 0};
  while (::poll(&answer, 1, 5) == 0) socket.send("x");  // a byte every 5 ms, until it answers
  EXPECT_EQ(read_response(socket).status, 408);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(Server, AnEndlessBodyHasItsTimeHoweverFastItComes) {
  ServerLimits limits;
  limits.body_bytes_max = std::size_t(1) << 40;
  limits.body_timeout = Duration(100);
  Served served(limits);
  const auto begin = std::chrono::steady_clock::now();
  RawSocket socket = served.connect();
  socket.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 10'000; ++i) chunks += "1\r\nx\r\n";
  while (socket.send(chunks)) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_EQ(served.seen().at(0).status, 408);
}

TEST(Server, ClosesAnIdleConnectionWithoutAWord) {
  ServerLimits limits;
  limits.idle_timeout = Duration(50);
  Served served(limits);
  RawSocket never = served.connect();
  EXPECT_EQ(never.read_to_end(), "");
  RawSocket once = served.connect();
  once.send(get("/a"));
  EXPECT_EQ(read_response(once).status, 200);
  EXPECT_EQ(once.read_to_end(), "");
  EXPECT_EQ(served.seen().size(), 1U);
}

TEST(Server, GivesUpOnAPeerThatDoesNotRead) {
  ServerLimits limits;
  limits.write_timeout = Duration(50);
  Served served(limits);
  RawSocket socket = served.connect();
  for (int i = 0; i < 4; ++i) socket.send(get("/large"));
  served.await_connections(1);
  served.await_connections(0);
  const auto seen = served.seen();
  ASSERT_EQ(seen.size(), 1U);  // the first, in vain
  EXPECT_EQ(seen[0].path, "/large");
}

TEST(Server, OutlivesALackOfDescriptors) {
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "the sanitizer needs descriptors itself to see whether an object is one";
#endif
  Served served;
  RawSocket before = served.connect();
  before.send(get("/a"));
  EXPECT_EQ(read_response(before).status, 200);

  RawSocket waiting = RawSocket(::dup(before.descriptor()));  // a descriptor to give back
  rlimit normal{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &normal), 0);
  RawSocket other = served.connect();
  other.send(get("/b"));
  EXPECT_EQ(read_response(other).status, 200);
  const int next = ::dup(before.descriptor());
  ::close(next);
  rlimit tight = normal;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;  // one more: the client's, none for the server
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  RawSocket late = served.connect();
  late.send(get("/c"));
  while (served.reports().empty()) {
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &normal), 0);
  EXPECT_EQ(read_response(late).status, 200);
  EXPECT_TRUE(served.reports().front().starts_with("cannot accept a connection: "));
}

TEST(Server, SurvivesPeersThatVanish) {
  Served served;
  for (int i = 0; i < 50; ++i) {
    RawSocket socket = served.connect();
    socket.send(i % 2 == 0 ? get("/large")
                           : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    served.await_connections(1);
    socket.reset();
    served.await_connections(0);
  }
  served.await_connections(0);
  RawSocket socket = served.connect();
  socket.send(get("/a"));
  EXPECT_EQ(read_response(socket).status, 200);
}

TEST(Server, DrainsWhatHasBegunAndClosesWhatIsIdle) {
  Served served;
  RawSocket idle = served.connect();
  idle.send(get("/a"));
  EXPECT_EQ(read_response(idle).status, 200);
  RawSocket busy = served.connect();
  busy.send("POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(busy.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");

  auto drained = served.drain(Duration(10'000));
  EXPECT_EQ(idle.read_to_end(), "");
  busy.send("body");
  const RawResponse last = read_response(busy);
  EXPECT_EQ(last.body, "POST /b body");
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(Server, DrainsNoLongerThanItsLimit) {
  Served served;
  RawSocket busy = served.connect();
  busy.send("POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(busy.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  auto drained = served.drain(Duration(50));
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(busy.read_to_end(), "");
}

TEST(Server, SaysWhyItCannotListen) {
  boost::asio::io_context loop;
  const auto quiet = [](const Request&, int, std::chrono::microseconds) {};
  const auto answer = [](const Request&) { return Response{}; };
  Server first(loop, {}, answer, quiet, [](std::string_view) {});
  const auto port = first.start("localhost", 0);
  ASSERT_TRUE(port);
  Server second(loop, {}, answer, quiet, [](std::string_view) {});
  EXPECT_EQ(second.start("127.0.0.1", *port).error(),
            fmt::format("cannot listen on 127.0.0.1, port {}: Address already in use; choose "
                        "another port",
                        *port));
  EXPECT_EQ(second.start("example.org", 0).error(),
            "expected an IP address or localhost to listen on, found 'example.org'");
  Server any(loop, {}, answer, quiet, [](std::string_view) {});
  EXPECT_TRUE(any.start("", 0));
}

}  // namespace
}  // namespace slod
