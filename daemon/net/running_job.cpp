#include "daemon/net/running_job.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <utility>

#include "daemon/net/encoding.h"

namespace slod {

RunningJob::RunningJob(const std::shared_ptr<ServerState>& server)
    : server_(server), limit_(server->loop) {
  ++server_->jobs;
}

RunningJob::~RunningJob() {
  --server_->jobs;
}

std::shared_ptr<RunningJob> RunningJob::start(const std::shared_ptr<ServerState>& server,
                                              PoolJob job, bool gzip_accepted,
                                              std::function<void()> on_end) {
  assert(server->pool != nullptr);
  auto running = std::make_shared<RunningJob>(server);
  running->on_end_ = std::move(on_end);
  const Duration longest = server->limits.job_timeout;
  running->limit_.expires_after(std::min(job.limit.value_or(longest), longest));
  running->limit_.async_wait([stop = running->stop_](boost::system::error_code cancelled) mutable {
    if (!cancelled) stop.request_stop();
  });
  auto call = [run = std::move(job.run), token = running->stop_.get_token(),
               gzip_accepted]() mutable {
    Response response = run(token);
    encode(response, gzip_accepted && !token.stop_requested());
    return response;
  };
  boost::asio::co_spawn(server->loop, server->pool->run(std::move(call)),
                        [running](std::exception_ptr thrown, Response response) {
                          running->end(std::move(thrown), std::move(response));
                        });
  return running;
}

void RunningJob::leave() {
  on_end_ = nullptr;
  stop_.request_stop();
}

Response RunningJob::take() {
  assert(has_ended_);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return std::move(response_);
}

void RunningJob::end(std::exception_ptr thrown, Response response) {
  has_ended_ = true;
  thrown_ = std::move(thrown);
  response_ = std::move(response);
  limit_.cancel();
  if (on_end_) std::exchange(on_end_, nullptr)();
}

}  // namespace slod
