#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/net/message.h"
#include "lib/time/instant.h"

namespace slod {

/// What a route would rather not do on the loop: anything that may take more than a millisecond.
/// The server runs it on its pool, waits for its response and writes that.
struct PoolJob {
  /// Called once, on a thread of the pool. It owns all that it touches (copies of the request's
  /// fields, a shared snapshot), because it may go on after the connection and the server are gone.
  /// What it throws becomes a 500.
  ///
  /// It looks at the token at least every 50 ms or so and ends soon after a stop was requested,
  /// which happens when the client leaves, when `limit` passes, and when the server closes; it may
  /// have been requested before the call. What it returns then is still sent where a client is
  /// there to read it (after `limit`), so it should say what happened. It registers no
  /// stop_callback: libstdc++ 12 may never return from its destructor.
  std::move_only_function<Response(std::stop_token)> run;
  /// From the route's reply to the request for a stop, the wait for a turn included. Where there is
  /// none, ServerLimits::job_timeout holds.
  std::optional<Duration> limit = std::nullopt;
  /// The 503 that the server makes in the job's place: too many wait, its turn did not come in
  /// time, or it did not end in time.
  Response (*error)(int status, std::string_view sentence) = json_error;
};

/// A response that is the same for everybody who asks while `source` is the same. The server has it
/// made once, on a pool that no PoolJob takes, and gives it to all of them.
struct SharedJob {
  std::string name;                    ///< which response it is, with all that a request chose
  std::shared_ptr<const void> source;  ///< what it is made of, such as a snapshot; never null
  /// Called at most once, on a thread of the pool, where `source` may be gone. It owns all that it
  /// touches. What it throws becomes a 500.
  std::move_only_function<Response()> run;
  bool is_urgent = false;  ///< a pool of its own makes it, before which nothing long stands
  Response (*error)(int status, std::string_view sentence) = json_error;  ///< see PoolJob
};

/// What a route gives back: its response at once, or the job that will make it.
using RouteReply = std::variant<Response, PoolJob, SharedJob>;

}  // namespace slod
