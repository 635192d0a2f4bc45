#pragma once

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "daemon/net/job_queue.h"
#include "daemon/net/route_reply.h"
#include "daemon/net/server_state.h"

namespace slod {

/// A route's job from its wait for a turn to its end. The connection that waits, and the queue or
/// the pool, hold it, since either may be gone first. To be used on the loop's thread.
class RunningJob {
 public:
  /// Starts `job`, whose response is encoded on the pool too, once it is the turn of `address`.
  /// Where its limit passes before, it ends with its own error. `on_end` is called when it has
  /// ended, unless it was left before. Null: too many jobs wait. Precondition: the server has a
  /// pool.
  static std::shared_ptr<RunningJob> start(const std::shared_ptr<ServerState>& server, PoolJob job,
                                           bool gzip_accepted, std::string_view address,
                                           std::function<void()> on_end);

  RunningJob(const std::shared_ptr<ServerState>& server, PoolJob job, bool gzip_accepted);
  ~RunningJob();
  RunningJob(const RunningJob&) = delete;
  RunningJob& operator=(const RunningJob&) = delete;

  /// Asks it to end; where it still waits for its turn, it does so at once.
  void request_stop();
  /// No client waits for it now: it is asked to end, and its response is dropped.
  void leave();

  bool has_ended() const { return has_ended_; }
  /// What it returned; throws what it threw. Precondition: has_ended.
  Response take();

 private:
  static void begin(const std::shared_ptr<RunningJob>& running);
  void end(std::exception_ptr thrown, Response response);

  std::shared_ptr<ServerState> server_;
  PoolJob job_;
  bool gzip_accepted_;
  JobQueue::Ticket ticket_ = 0;
  bool has_begun_ = false;
  std::stop_source stop_;
  boost::asio::steady_timer limit_;
  std::function<void()> on_end_;
  bool has_ended_ = false;
  std::exception_ptr thrown_;
  Response response_;
};

}  // namespace slod
