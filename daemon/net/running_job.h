#pragma once

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>

#include "daemon/net/route_reply.h"
#include "daemon/net/server_state.h"

namespace slod {

/// A route's job from its start on the pool to its end. Both the connection that waits and the
/// pool that runs hold it, since either may be gone first. To be used on the loop's thread.
class RunningJob {
 public:
  /// Starts `job`, whose response is encoded on the pool too. `on_end` is called when it has
  /// ended, unless it was left before. Precondition: the server has a pool.
  static std::shared_ptr<RunningJob> start(const std::shared_ptr<ServerState>& server, PoolJob job,
                                           bool gzip_accepted, std::function<void()> on_end);

  explicit RunningJob(const std::shared_ptr<ServerState>& server);
  ~RunningJob();
  RunningJob(const RunningJob&) = delete;
  RunningJob& operator=(const RunningJob&) = delete;

  /// Asks it to end.
  void request_stop() { stop_.request_stop(); }
  /// No client waits for it now: it is asked to end, and its response is dropped.
  void leave();

  bool has_ended() const { return has_ended_; }
  /// What it returned; throws what it threw. Precondition: has_ended.
  Response take();

 private:
  void end(std::exception_ptr thrown, Response response);

  std::shared_ptr<ServerState> server_;
  std::stop_source stop_;
  boost::asio::steady_timer limit_;
  std::function<void()> on_end_;
  bool has_ended_ = false;
  std::exception_ptr thrown_;
  Response response_;
};

}  // namespace slod
