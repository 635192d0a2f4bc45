#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/net/pool.h"
#include "daemon/net/route_reply.h"

namespace slod {

/// Where shared answers are made, each on a pool that no client's query takes.
struct SharedPools {
  Pool* usual = nullptr;
  Pool* urgent = nullptr;  ///< for SharedJob::is_urgent
};

/// One who waits for a shared answer; it leaves by dropping this.
struct SharedWait {
  bool gzip_accepted = false;
  std::function<void()> on_end;
  /// Both null: it has not ended.
  std::shared_ptr<const Response> response = nullptr;
  std::exception_ptr thrown = nullptr;

  bool has_ended() const { return response || thrown; }
};

/// Responses that are the same for everybody who asks at the same time. Each is made once, encoded
/// once if anybody accepts that, and kept until what it was made of is replaced. While one is made,
/// all who ask for a newer one wait for the same next one; if they have all left when its turn
/// comes, it is not made.
///
/// To be used on the loop's thread. The pools must be destroyed before the loop.
class SharedAnswers {
 public:
  SharedAnswers(boost::asio::io_context& loop, SharedPools pools);
  ~SharedAnswers();
  SharedAnswers(const SharedAnswers&) = delete;
  SharedAnswers& operator=(const SharedAnswers&) = delete;

  /// `on_end` is called once the response is there, perhaps before the return.
  std::shared_ptr<SharedWait> ask(SharedJob job, bool gzip_accepted, std::function<void()> on_end);

  /// Drops the responses that no client can get any longer.
  void forget();

  /// Begins nothing more; what is being made is dropped. The pools may go then.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with the coroutines that make answers
};

}  // namespace slod
