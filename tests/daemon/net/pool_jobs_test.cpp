// What a server does with routes that reply with jobs for the pool.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <vector>

#include "daemon/net/gzip.h"
#include "daemon/net/server.h"
#include "tests/support/loop_thread.h"
#include "tests/support/raw_socket.h"

namespace slod {
namespace {

/// Returns when a stop is requested.
void await_stop(const std::stop_token& token) {
  std::mutex mutex;
  std::condition_variable look;
  std::unique_lock lock(mutex);
  while (!token.stop_requested()) look.wait_for(lock, std::chrono::milliseconds(1));
}

Response text_error(int status, std::string_view sentence) {
  return {.status = status, .content_type = "text/plain", .body = std::string(sentence)};
}

/// A server whose routes reply with jobs, and what these did.
class Working {
 public:
  explicit Working(ServerLimits limits = {}, std::size_t threads = 2)
      : pool_(std::in_place, threads),
        server_(
            std::in_place, loop_, limits, [this](const Request& request) { return reply(request); },
            [](const Request&, int, std::chrono::microseconds) {},
            [this](std::string_view sentence) {
              const std::lock_guard lock(mutex_);
              reports_.emplace_back(sentence);
            },
            &*pool_),
        port_(server_->start("127.0.0.1", 0).value()),
        thread_(std::in_place, loop_) {}
  ~Working() {
    release_.set_value();
    if (thread_) close();
  }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

  RawSocket connect() const { return connect_raw(port_); }

  /// Returns once that many jobs of /until_stopped and /until_released have begun.
  void await_begun(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= count; });
  }
  /// Returns once that many jobs have ended because they were asked to.
  void await_stopped(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ >= count; });
  }

  /// Lets all jobs of /until_released end; call it at most once.
  void release() { std::exchange(release_, {}).set_value(); }

  /// Destroys the server and the pool while the loop runs, then stops the loop.
  void close() {
    thread_->run([this] {
      server_.reset();
      pool_.reset();
    });
    // What was under way at that moment ends in the loop's next turns.
    for (int turn = 0; turn < 3; ++turn) thread_->run([] {});
    thread_.reset();
  }

  std::future<void> drain(Duration limit) {
    auto done = std::make_shared<std::promise<void>>();
    boost::asio::co_spawn(loop_, server_->drain(limit),
                          [done](const std::exception_ptr&) { done->set_value(); });
    return done->get_future();
  }

  std::vector<std::string> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

 private:
  RouteReply reply(const Request& request) {
    const std::string line = fmt::format("{} {} {}", request.method, request.target, request.body);
    if (request.path == "/now") return Response{.body = line};
    if (request.path == "/throw")
      return PoolJob{
          .run = [](auto) -> Response { throw std::runtime_error("the disk is on fire"); }};
    if (request.path == "/bad")
      return PoolJob{.run = [](auto) { return Response{.headers = {{"X A", "b"}}}; }};
    if (request.path == "/until_stopped") return until_stopped(std::nullopt);
    if (request.path == "/limited") return until_stopped(Duration(20));
    if (request.path == "/until_released") return until_released();
    if (request.path == "/long") return Response{.body = long_text()};
    if (request.path == "/long_work")
      return PoolJob{.run = [](auto) { return Response{.body = long_text()}; }};
    return PoolJob{.run = [line](auto) { return Response{.body = line}; }};
  }

  PoolJob until_stopped(std::optional<Duration> limit) {
    return {.run =
                [this](const std::stop_token& token) {
                  count(begun_);
                  await_stop(token);
                  count(stopped_);
                  return Response{.status = 503, .body = "given up"};
                },
            .limit = limit};
  }

  /// Takes no notice of its token.
  PoolJob until_released() {
    return {.run =
                [this, released = released_](const std::stop_token&) {
                  count(begun_);
                  released.wait();
                  return Response{.body = "released"};
                },
            .error = text_error};
  }

  static std::string long_text() { return std::string(1 << 20, 'x'); }

  void count(int& counter) {
    const std::lock_guard lock(mutex_);
    ++counter;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  int stopped_ = 0;
  std::vector<std::string> reports_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  boost::asio::io_context loop_{1};
  std::optional<Pool> pool_;
  std::optional<Server> server_;
  std::uint16_t port_;
  std::optional<LoopThread> thread_;
};

std::string get(std::string_view path, std::string_view more = {}) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", path, more);
}

std::string post(std::string_view path, std::string_view body) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", path,
                     body.size(), body);
}

TEST(PoolJobs, AnswerPipelinedRequestsInOrderWhateverPiecesTheyComeIn) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::string requests;
  std::vector<std::string> answers;
  for (int i = 0; i < 300; ++i) {
    const std::string path = fmt::format("{}?{}", i % 3 == 0 ? "/now" : "/job", i);
    const std::string body(random() % 100, 'b');
    requests += i % 2 == 0 ? get(path) : post(path, body);
    answers.push_back(i % 2 == 0 ? "GET " + path + " " : "POST " + path + " " + body);
  }
  Working working;
  RawSocket socket = working.connect();
  for (std::size_t at = 0; at < requests.size();) {
    const std::size_t piece = 1 + random() % 500;
    ASSERT_TRUE(socket.send(std::string_view(requests).substr(at, piece)));
    at += piece;
  }
  for (const std::string& answer : answers) ASSERT_EQ(read_response(socket).body, answer);
  socket.send(get("/job", "Connection: close\r\n"));
  EXPECT_EQ(read_response(socket).header("Connection"), "close");
  EXPECT_EQ(socket.read_to_end(), "");
}

TEST(PoolJobs, KeepRequestsThatComeMeanwhileEvenMoreThanTheBufferHolds) {
  Working working;
  RawSocket socket = working.connect();
  socket.send(get("/until_released"));
  working.await_begun(1);
  constexpr int more = 40;
  const std::string body(10'000, 'b');
  std::string requests;
  for (int i = 0; i < more; ++i) requests += post(fmt::format("/job?{}", i), body);
  auto sent = std::async(std::launch::async, [&] { return socket.send(requests); });
  working.release();
  EXPECT_EQ(read_response(socket).body, "released");
  for (int i = 0; i < more; ++i) {
    ASSERT_EQ(read_response(socket).body, fmt::format("POST /job?{} {}", i, body));
  }
  EXPECT_TRUE(sent.get());
}

TEST(PoolJobs, AreStoppedWhenTheirClientLeaves) {
  Working working;
  {
    RawSocket closes = working.connect();
    closes.send(get("/until_stopped"));
    working.await_begun(1);
  }
  working.await_stopped(1);

  RawSocket resets = working.connect();
  resets.send(get("/until_stopped"));
  working.await_begun(2);
  resets.reset();
  working.await_stopped(2);

  {
    RawSocket pipelines = working.connect();
    pipelines.send(get("/until_stopped") + get("/now") + "GET /incompl");
    working.await_begun(3);
  }
  working.await_stopped(3);

  RawSocket next = working.connect();
  next.send(get("/job"));
  EXPECT_EQ(read_response(next).body, "GET /job ");
}

TEST(PoolJobs, SendWhatTheyReturnToAClientThatOnlyStoppedSending) {
  Working working;
  RawSocket socket = working.connect();
  socket.send(get("/until_stopped") + get("/now"));
  socket.shutdown_send();
  EXPECT_EQ(read_response(socket).body, "given up");
  EXPECT_EQ(read_response(socket).body, "GET /now ");
  EXPECT_EQ(socket.read_to_end(), "");
}

TEST(PoolJobs, AreStoppedWhenTheirTimeIsOverAndSaySoThemselves) {
  Working working;
  RawSocket socket = working.connect();
  for (int i = 0; i < 3; ++i) {
    socket.send(get("/limited"));
    const RawResponse response = read_response(socket);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "given up");
  }
  socket.send(get("/job"));
  EXPECT_EQ(read_response(socket).body, "GET /job ");
}

TEST(PoolJobs, HaveTheServersTimeWhereTheyNameNone) {
  ServerLimits limits;
  limits.job_timeout = Duration(20);
  Working working(limits);
  RawSocket socket = working.connect();
  socket.send(get("/until_stopped"));
  EXPECT_EQ(read_response(socket).body, "given up");
}

TEST(PoolJobs, ThatTakeNoNoticeAreNotWaitedForAndStillCounted) {
  ServerLimits limits;
  limits.job_timeout = Duration(10);
  limits.job_grace = Duration(10);
  limits.idle_timeout = Duration(400);  // deadlines are looked at eight times as often
  limits.jobs_max = 1;
  Working working(limits);
  RawSocket socket = working.connect();
  socket.send(get("/until_released"));
  const RawResponse late = read_response(socket);
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.header("Content-Type"), "text/plain");
  EXPECT_EQ(late.body, "the answer took longer than it may");

  socket.send(get("/job"));
  const RawResponse beyond = read_response(socket);
  EXPECT_EQ(beyond.status, 503);
  EXPECT_EQ(beyond.body, R"({"error":"the request waited for its turn for as long as it may"})");

  working.release();
  for (int status = 503; status == 503;) {
    socket.send(get("/job"));
    status = read_response(socket).status;
  }
}

TEST(PoolJobs, BeyondThoseThatMayWaitGet503InTheRoutesWords) {
  ServerLimits limits;
  limits.jobs_max = 3;  // of which one address has two at the most
  limits.jobs_waiting_max = 0;
  Working working(limits, 2);
  std::vector<RawSocket> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(working.connect());
    held.back().send(get("/until_stopped"));
  }
  working.await_begun(2);
  RawSocket beyond = working.connect();
  beyond.send(get("/until_released"));
  const RawResponse response = read_response(beyond);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "too many requests wait for their turn; try again later");
  EXPECT_EQ(response.header("Retry-After"), "5");
  beyond.send(get("/now"));
  EXPECT_EQ(read_response(beyond).status, 200);
  held.clear();
  working.await_stopped(2);
}

TEST(PoolJobs, WaitForTheirTurnAndAreAnsweredThen) {
  ServerLimits limits;
  limits.jobs_max = 1;
  Working working(limits);
  RawSocket first = working.connect();
  first.send(get("/until_released"));
  working.await_begun(1);
  std::vector<RawSocket> waiting;
  for (int i = 0; i < 40; ++i) {
    waiting.push_back(working.connect());
    waiting.back().send(get("/job"));
  }
  {
    RawSocket leaving = working.connect();
    leaving.send(get("/until_stopped"));
  }  // its client leaves
  working.release();
  EXPECT_EQ(read_response(first).status, 200);
  for (RawSocket& socket : waiting) EXPECT_EQ(read_response(socket).status, 200);
}

TEST(PoolJobs, TurnIntoA500WhereTheyThrowOrReturnWhatCannotBeSent) {
  Working working;
  RawSocket socket = working.connect();
  for (const char* path : {"/throw", "/bad"}) {
    socket.send(get(path));
    const RawResponse response = read_response(socket);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, R"({"error":"an internal error kept slod from answering"})");
  }
  EXPECT_EQ(working.reports(),
            (std::vector<std::string>{
                "answered /throw with 500: the disk is on fire",
                "answered /bad with 500: the name of a response header is no token"}));
}

TEST(PoolJobs, EndWhenTheServerIsDestroyed) {
  Working working;
  std::vector<RawSocket> sockets;
  for (int i = 0; i < 5; ++i) {  // more than there are threads
    sockets.push_back(working.connect());
    sockets.back().send(get("/until_stopped"));
  }
  working.await_begun(2);
  working.close();  // joins the pool's threads
  for (RawSocket& socket : sockets) EXPECT_EQ(socket.read_to_end(), "");
}

TEST(PoolJobs, EndWhenADrainRunsOutOfTime) {
  Working working;
  RawSocket stubborn = working.connect();
  stubborn.send(get("/until_stopped"));
  RawSocket deaf = working.connect();
  deaf.send(get("/until_released"));
  working.await_begun(2);
  auto drained = working.drain(Duration(20));
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(stubborn.read_to_end(), "");
  EXPECT_EQ(deaf.read_to_end(), "");
  working.await_stopped(1);
}

TEST(PoolJobs, AreAnsweredWithinADrain) {
  Working working;
  RawSocket socket = working.connect();
  socket.send(get("/until_released") + get("/now"));
  working.await_begun(1);
  auto drained = working.drain(Duration(10'000));
  working.release();
  const RawResponse last = read_response(socket);
  EXPECT_EQ(last.body, "released");
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_EQ(socket.read_to_end(), "");
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(PoolJobs, NeedAPool) {
  boost::asio::io_context loop{1};
  std::vector<std::string> reports;
  Server server(
      loop, {}, [](const Request&) { return PoolJob{.run = [](auto) { return Response{}; }}; },
      [](const Request&, int, std::chrono::microseconds) {},
      [&](std::string_view sentence) { reports.emplace_back(sentence); });
  const std::uint16_t port = server.start("127.0.0.1", 0).value();
  const LoopThread thread(loop);
  RawSocket socket = connect_raw(port);
  socket.send(get("/"));
  EXPECT_EQ(read_response(socket).status, 500);
  EXPECT_EQ(reports, std::vector<std::string>{
                         "answered / with 500: the server has no pool for the job of a route"});
}

TEST(PoolJobs, LongResponsesAreSentAsGzipToWhoAcceptsIt) {
  Working working;
  RawSocket socket = working.connect();
  const std::string text(1 << 20, 'x');
  for (const char* path : {"/long", "/long_work"}) {
    socket.send(get(path, "Accept-Encoding: br, gzip;q=0.5\r\n"));
    const RawResponse encoded = read_response(socket);
    EXPECT_EQ(encoded.header("Content-Encoding"), "gzip") << path;
    EXPECT_EQ(encoded.header("Vary"), "Accept-Encoding");
    EXPECT_LT(encoded.body.size(), text.size() / 100);
    EXPECT_EQ(gunzip(encoded.body, text.size()), text);

    socket.send(fmt::format("HEAD {} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n", path));
    const RawResponse head = read_response(socket, false);
    EXPECT_EQ(head.header("Content-Length"), encoded.header("Content-Length"));

    socket.send(get(path));
    const RawResponse plain = read_response(socket);
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(plain.body, text);
  }
}

}  // namespace
}  // namespace slod
