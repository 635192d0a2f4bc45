// Who is served where there is no room for all, and what bodies a server takes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <optional>
#include <vector>

#include "daemon/net/server.h"
#include "tests/support/loop_thread.h"
#include "tests/support/raw_socket.h"

namespace slod {
namespace {

RequestTerms terms_of(const Request& request) {
  if (request.path == "/freeze") return {.body_bytes_max = 100, .always_has_room = true};
  if (request.path == "/form") return {.body_bytes_max = 1 << 20};
  if (request.path == "/missing") return {.refusal = json_error(404, "expected another path")};
  return {};
}

/// A server on its own thread that answers with the length of the body; /large with 8 MiB.
class Crowded {
 public:
  explicit Crowded(ServerLimits limits = {})
      : server_(
            loop_, limits,
            [](const Request& request) {
              if (request.path == "/large") return Response{.body = std::string(8 << 20, 'x')};
              return Response{.body = std::to_string(request.body.size())};
            },
            [](const Request&, int, std::chrono::microseconds) {},
            [this](std::string_view sentence) {
              const std::lock_guard lock(mutex_);
              reports_.emplace_back(sentence);
            },
            nullptr, terms_of),
        port_(server_.start("127.0.0.1", 0).value()),
        thread_(loop_) {}

  RawSocket connect() const { return connect_raw(port_); }
  RawSocket connect(std::string_view text) const {
    RawSocket socket = connect();
    socket.send(text);
    return socket;
  }

  /// Returns once that many connections are open.
  void await_connections(std::size_t count) {
    for (std::size_t open = count + 1; open != count;) {
      thread_.run([&] { open = server_.connections(); });
    }
  }

  std::vector<std::string> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> reports_;
  boost::asio::io_context loop_{1};
  Server server_;
  std::uint16_t port_;
  LoopThread thread_;
};

std::string get(std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", path);
}

std::string post(std::string_view path, std::size_t length) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", path, length);
}

ServerLimits three_connections() {
  ServerLimits limits;
  limits.connections_max = limits.per_client_max = 3;
  limits.spare_connections = 1;
  return limits;
}

/// Whether a connection of which nothing is read any more was closed.
bool is_closed(RawSocket& socket) {
  return socket.read_to_end().empty();
}

TEST(ServerRoom, IsMadeByConnectionsThatSaidNothingAndByIdleOnes) {
  Crowded crowded(three_connections());
  RawSocket silent = crowded.connect();
  crowded.await_connections(1);
  RawSocket idle = crowded.connect(get("/a"));
  EXPECT_EQ(read_response(idle).status, 200);
  RawSocket slow = crowded.connect("GET / HTTP/1.1\r\nX: ");
  crowded.await_connections(3);
  std::vector<RawSocket> later;
  for (RawSocket* oldest : {&silent, &idle, &slow}) {
    later.push_back(crowded.connect(get("/a")));
    EXPECT_EQ(read_response(later.back()).status, 200);
    EXPECT_TRUE(is_closed(*oldest));
  }
  ASSERT_EQ(crowded.reports().size(), 1U);
  EXPECT_TRUE(crowded.reports()[0].ends_with("are closed for others; so far 1"));
}

TEST(ServerRoom, IsAlwaysThereForSomeRoutes) {
  Crowded crowded(three_connections());
  std::vector<RawSocket> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(crowded.connect(get("/large")));
    busy.back().read_until("\r\n");  // it is being answered, and does not read on
  }
  RawSocket other = crowded.connect(get("/a"));
  const RawResponse refused = read_response(other);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  crowded.await_connections(3);
  for (int i = 0; i < 3; ++i) {
    RawSocket freeze = crowded.connect(get("/freeze"));
    const RawResponse answer = read_response(freeze);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(is_closed(freeze));
    crowded.await_connections(3);
  }
  RawSocket holds_spare = crowded.connect();  // it gives way, too
  crowded.await_connections(4);
  RawSocket freeze = crowded.connect(get("/freeze"));
  EXPECT_EQ(read_response(freeze).status, 200);
  EXPECT_TRUE(is_closed(holds_spare));
}

TEST(ServerRoom, IsThereForARequestWhateverComesAndGoes) {
  Crowded crowded(three_connections());
  for (int round = 0; round < 50; ++round) {
    std::vector<RawSocket> silent;
    for (int i = 0; i < 8; ++i) silent.push_back(crowded.connect());
    RawSocket asking = crowded.connect(get("/freeze"));
    EXPECT_EQ(read_response(asking).status, 200);
  }
}

TEST(ServerBodies, AreRefusedAtOnceWhereARouteTakesNone) {
  Crowded crowded;
  const auto answer_to = [&](const std::string& text) {
    RawSocket socket = crowded.connect(text);
    return read_response(socket);
  };
  EXPECT_EQ(answer_to(post("/a", 1)).status, 413);
  EXPECT_EQ(answer_to(post("/a", 1)).body, R"({"error":"expected no body for /a"})");
  EXPECT_EQ(answer_to(post("/a", 0)).status, 200);
  EXPECT_EQ(answer_to(post("/freeze", 101)).body,
            R"({"error":"expected a body of at most 100 bytes"})");
  EXPECT_EQ(answer_to(post("/freeze", 100) + std::string(100, 'x')).body, "100");
  EXPECT_EQ(answer_to(post("/missing", 1 << 20)).status, 404);
  const std::string chunked = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";
  EXPECT_EQ(answer_to(chunked + "\r\n1\r\n").status, 413);
  EXPECT_EQ(answer_to(chunked + "\r\n0\r\n\r\n").status, 200);
  // Who waits for leave to send it gets the answer instead.
  EXPECT_EQ(answer_to("POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                      "Content-Length: 9\r\n\r\n")
                .status,
            413);
}

TEST(ServerBodies, AreTakenUpToALimitForAllOfThem) {
  ServerLimits limits;
  limits.all_bodies_bytes_max = 300'000;
  Crowded crowded(limits);
  const std::string part(100'000, 'x');
  std::vector<RawSocket> stuck;  // whose last byte does not come
  for (int i = 0; i < 8; ++i) {
    stuck.push_back(crowded.connect(post("/form", part.size() + 1) + part));
  }
  // The oldest of them give way, so that there is room for a body that comes.
  RawSocket whole = crowded.connect(post("/form", part.size()) + part);
  EXPECT_EQ(read_response(whole).body, "100000");
  EXPECT_TRUE(is_closed(stuck.front()));
  RawSocket small = crowded.connect(post("/form", 1000) + part.substr(0, 1000));
  EXPECT_EQ(read_response(small).body, "1000");

  RawSocket alone = crowded.connect(post("/form", 1'000'000) + std::string(500'000, 'x'));
  EXPECT_EQ(read_response(alone).status, 503);
}

TEST(ServerBodies, OfIdleConnectionsAreGivenBack) {
  ServerLimits limits;
  limits.all_bodies_bytes_max = 300'000;
  Crowded crowded(limits);
  const std::string body(100'000, 'x');
  std::vector<RawSocket> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(crowded.connect(post("/form", body.size()) + body));
    EXPECT_EQ(read_response(idle.back()).body, "100000");
  }
  for (RawSocket& socket : idle) {
    socket.send(get("/a"));
    EXPECT_EQ(read_response(socket).status, 200);
  }
}

}  // namespace
}  // namespace slod
