#include "daemon/net/running_job.h"

#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <utility>

#include "daemon/net/encoding.h"

namespace slod {

RunningJob::RunningJob(const std::shared_ptr<ServerState>& server, PoolJob job, bool gzip_accepted)
    : server_(server), job_(std::move(job)), gzip_accepted_(gzip_accepted), limit_(server->loop) {}

RunningJob::~RunningJob() {
  if (has_begun_) server_->jobs.end(ticket_);
}

std::shared_ptr<RunningJob> RunningJob::start(const std::shared_ptr<ServerState>& server,
                                              PoolJob job, bool gzip_accepted,
                                              std::string_view address,
                                              std::function<void()> on_end) {
  assert(server->pool != nullptr);
  auto running = std::make_shared<RunningJob>(server, std::move(job), gzip_accepted);
  const auto ticket = server->jobs.add(address, [running] { begin(running); });
  if (!ticket) return nullptr;
  running->ticket_ = *ticket;
  running->on_end_ = std::move(on_end);
  running->limit_.expires_after(running->job_.limit.value_or(server->limits.job_timeout));
  running->limit_.async_wait(
      [job = std::weak_ptr(running)](const boost::system::error_code& cancelled) {
        const auto late = job.lock();
        if (!cancelled && late) late->request_stop();
      });
  return running;
}

void RunningJob::begin(const std::shared_ptr<RunningJob>& running) {
  running->has_begun_ = true;
  auto call = [run = std::move(running->job_.run), token = running->stop_.get_token(),
               gzip_accepted = running->gzip_accepted_]() mutable {
    Response response = run(token);
    encode(response, gzip_accepted && !token.stop_requested());
    return response;
  };
  boost::asio::co_spawn(running->server_->loop, running->server_->pool->run(std::move(call)),
                        [running](std::exception_ptr thrown, Response response) {
                          running->end(std::move(thrown), std::move(response));
                        });
}

void RunningJob::request_stop() {
  stop_.request_stop();
  if (has_begun_ || has_ended_) return;
  server_->jobs.end(ticket_);
  end(nullptr, job_.error(503, "the request waited for its turn for as long as it may"));
}

void RunningJob::leave() {
  on_end_ = nullptr;
  request_stop();
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
  if (has_begun_) server_->jobs.end(ticket_);
  if (on_end_) std::exchange(on_end_, nullptr)();
}

}  // namespace slod
