// What a server does with routes whose answers all who ask share.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "daemon/net/gzip.h"
#include "daemon/net/server.h"
#include "tests/support/loop_thread.h"
#include "tests/support/raw_socket.h"

namespace slod {
namespace {

/// A server whose answers are made of a source that a test replaces, and not before it says so.
class Sharing {
 public:
  Sharing()
      : server_(
            std::in_place, loop_, ServerLimits{},
            [this](const Request& request) { return reply(request); },
            [](const Request&, int, std::chrono::microseconds) {},
            [this](std::string_view sentence) {
              const std::lock_guard lock(mutex_);
              reports_.emplace_back(sentence);
            },
            nullptr, TermsOf{}, SharedPools{.usual = &*usual_, .urgent = &*urgent_}),
        port_(server_->start("127.0.0.1", 0).value()),
        thread_(std::in_place, loop_) {}
  ~Sharing() {
    let_make(1'000);
    close();
  }
  Sharing(const Sharing&) = delete;
  Sharing& operator=(const Sharing&) = delete;

  RawSocket ask(std::string_view path, std::string_view more = {}) {
    RawSocket socket = connect_raw(port_);
    socket.send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n{}\r\n", path, more));
    return socket;
  }

  /// From now on answers are made of this.
  void renew(std::string source) {
    thread_->run([&] { source_ = std::make_shared<const std::string>(std::move(source)); });
  }

  /// Lets that many more answers of /held be made.
  void let_make(int count) {
    const std::lock_guard lock(mutex_);
    may_make_ += count;
    changed_.notify_all();
  }
  void await_begun(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= count; });
  }
  /// Returns once so many requests came.
  void await_asked(int count) {
    while (asked_ < count) thread_->run([] {});
    thread_->run([] {});
  }
  void await_connections(std::size_t count) {
    for (std::size_t open = count + 1; open != count;) {
      thread_->run([&] { open = server_->connections(); });
    }
  }
  int made() const { return made_; }
  std::vector<std::string> reports() {
    const std::lock_guard lock(mutex_);
    return reports_;
  }

  void close() {
    if (!thread_) return;
    thread_->run([this] {
      server_.reset();
      usual_.reset();
      urgent_.reset();
    });
    for (int turn = 0; turn < 3; ++turn) thread_->run([] {});
    thread_.reset();
  }

 private:
  RouteReply reply(const Request& request) {
    SharedJob job{.name = request.path, .source = source_, .run = {}};
    if (request.path == "/throw") {
      job.run = []() -> Response { throw std::runtime_error("the disk is on fire"); };
    } else if (request.path == "/urgent") {
      job.is_urgent = true;
      job.run = [] { return Response{.body = "urgent"}; };
    } else if (request.path == "/bad") {
      job.run = [] { return Response{.headers = {{"X A", "b"}}}; };
    } else {
      job.run = [this, text = *source_, is_held = request.path == "/held"] {
        ++made_;
        if (is_held) wait_for_leave();
        return Response{.body = text};
      };
    }
    ++asked_;
    return job;
  }

  void wait_for_leave() {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return may_make_ > 0; });
    --may_make_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> reports_;
  int may_make_ = 0;
  int begun_ = 0;
  std::atomic<int> made_ = 0;
  std::atomic<int> asked_ = 0;
  std::shared_ptr<const std::string> source_ = std::make_shared<const std::string>("first");
  boost::asio::io_context loop_{1};
  std::optional<Pool> usual_{1};
  std::optional<Pool> urgent_{1};
  std::optional<Server> server_;
  std::uint16_t port_;
  std::optional<LoopThread> thread_;
};

TEST(SharedAnswers, AreMadeOnceForASource) {
  Sharing sharing;
  for (int i = 0; i < 5; ++i) {
    RawSocket socket = sharing.ask("/a");
    EXPECT_EQ(read_response(socket).body, "first");
  }
  EXPECT_EQ(sharing.made(), 1);
  sharing.renew("second");
  for (int i = 0; i < 5; ++i) {
    RawSocket socket = sharing.ask("/a");
    EXPECT_EQ(read_response(socket).body, "second");
  }
  EXPECT_EQ(sharing.made(), 2);
  RawSocket other = sharing.ask("/b");
  EXPECT_EQ(read_response(other).body, "second");
  EXPECT_EQ(sharing.made(), 3);
}

TEST(SharedAnswers, AreOfTheNewestSourceForWhoWaits) {
  Sharing sharing;
  RawSocket first = sharing.ask("/held");
  sharing.await_begun(1);
  RawSocket also_first = sharing.ask("/held");
  sharing.await_asked(2);
  sharing.renew("second");
  RawSocket second = sharing.ask("/held");
  sharing.await_asked(3);
  sharing.renew("third");
  RawSocket third = sharing.ask("/held");
  sharing.await_asked(4);
  sharing.let_make(2);
  EXPECT_EQ(read_response(first).body, "first");
  EXPECT_EQ(read_response(also_first).body, "first");
  EXPECT_EQ(read_response(second).body, "third");
  EXPECT_EQ(read_response(third).body, "third");
  EXPECT_EQ(sharing.made(), 2);
}

TEST(SharedAnswers, AreNotMadeForWhoHasLeft) {
  Sharing sharing;
  RawSocket first = sharing.ask("/held");
  sharing.await_begun(1);
  sharing.renew("second");
  RawSocket leaves = sharing.ask("/held");
  sharing.await_asked(2);
  leaves.reset();
  sharing.await_connections(1);
  sharing.let_make(1);
  EXPECT_EQ(read_response(first).body, "first");
  EXPECT_EQ(sharing.made(), 1);
  sharing.let_make(1);
  RawSocket stays = sharing.ask("/held");
  EXPECT_EQ(read_response(stays).body, "second");
}

TEST(SharedAnswers, AreThereForWhoHasSentItsLastByte) {
  Sharing sharing;
  RawSocket socket = sharing.ask("/held");
  socket.shutdown_send();
  sharing.await_begun(1);
  sharing.let_make(1);
  EXPECT_EQ(read_response(socket).body, "first");
}

TEST(SharedAnswers, AreEncodedForWhoAcceptsThat) {
  Sharing sharing;
  const std::string text(100'000, 'x');
  sharing.renew(text);
  for (int i = 0; i < 3; ++i) {
    RawSocket plain = sharing.ask("/a");
    const RawResponse as_is = read_response(plain);
    EXPECT_EQ(as_is.body, text);
    EXPECT_EQ(as_is.header("Vary"), "Accept-Encoding");
    RawSocket encoding = sharing.ask("/a", "Accept-Encoding: gzip\r\n");
    const RawResponse encoded = read_response(encoding);
    EXPECT_EQ(encoded.header("Content-Encoding"), "gzip");
    EXPECT_EQ(encoded.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(gunzip(encoded.body, 1 << 20).value(), text);
  }
  EXPECT_EQ(sharing.made(), 1);
}

TEST(SharedAnswers, FailForAllAndAreTriedAgain) {
  Sharing sharing;
  for (int i = 0; i < 2; ++i) {
    RawSocket socket = sharing.ask("/throw");
    EXPECT_EQ(read_response(socket).status, 500);
    RawSocket bad = sharing.ask("/bad");
    EXPECT_EQ(read_response(bad).status, 500);
  }
  ASSERT_EQ(sharing.reports().size(), 4U);
  EXPECT_EQ(sharing.reports()[0], "answered /throw with 500: the disk is on fire");
}

TEST(SharedAnswers, ThatAreUrgentWaitForNoOther) {
  Sharing sharing;
  RawSocket held = sharing.ask("/held");
  sharing.await_begun(1);
  RawSocket urgent = sharing.ask("/urgent");
  EXPECT_EQ(read_response(urgent).body, "urgent");
  sharing.let_make(1);
  EXPECT_EQ(read_response(held).body, "first");
}

TEST(SharedAnswers, OutliveTheServer) {
  Sharing sharing;
  RawSocket held = sharing.ask("/held");
  sharing.await_begun(1);
  RawSocket second = sharing.ask("/held", "Accept-Encoding: gzip\r\n");
  sharing.await_asked(2);
  sharing.let_make(1'000);
  sharing.close();
  EXPECT_NE(read_response(held).status, 500);
}

}  // namespace
}  // namespace slod
