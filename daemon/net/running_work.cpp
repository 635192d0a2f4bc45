#include "daemon/net/running_work.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <utility>

#include "daemon/net/encoding.h"

namespace slod {

RunningWork::RunningWork(const std::shared_ptr<ServerState>& server)
    : server_(server), limit_(server->loop) {
  ++server_->works;
}

RunningWork::~RunningWork() {
  --server_->works;
}

std::shared_ptr<RunningWork> RunningWork::start(const std::shared_ptr<ServerState>& server,
                                                PoolWork work, bool gzip_accepted,
                                                std::function<void()> on_end) {
  assert(server->pool != nullptr);
  auto running = std::make_shared<RunningWork>(server);
  running->on_end_ = std::move(on_end);
  const Duration longest = server->limits.work_timeout;
  running->limit_.expires_after(std::min(work.limit.value_or(longest), longest));
  running->limit_.async_wait([stop = running->stop_](boost::system::error_code cancelled) mutable {
    if (!cancelled) stop.request_stop();
  });
  auto job = [run = std::move(work.run), token = running->stop_.get_token(),
              gzip_accepted]() mutable {
    Response response = run(token);
    encode(response, gzip_accepted && !token.stop_requested());
    return response;
  };
  boost::asio::co_spawn(server->loop, server->pool->run(std::move(job)),
                        [running](std::exception_ptr thrown, Response response) {
                          running->end(std::move(thrown), std::move(response));
                        });
  return running;
}

void RunningWork::leave() {
  on_end_ = nullptr;
  stop_.request_stop();
}

Response RunningWork::take() {
  assert(has_ended_);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return std::move(response_);
}

void RunningWork::end(std::exception_ptr thrown, Response response) {
  has_ended_ = true;
  thrown_ = std::move(thrown);
  response_ = std::move(response);
  limit_.cancel();
  if (on_end_) std::exchange(on_end_, nullptr)();
}

}  // namespace slod
