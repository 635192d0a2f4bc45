#include "daemon/shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <stdexcept>

#include "daemon/commands/answer.h"
#include "daemon/net/server.h"

namespace slod {
namespace {

constexpr double requests_per_second = 50;
constexpr double failing_share = 0.1;

/// The summaries in Alertmanager's webhook payload.
void report_alerts(const std::string& body, const std::function<void(const std::string&)>& paged) {
  const boost::json::object payload = object_in(body).value_or(boost::json::object());
  for (const boost::json::object& alert : objects_of(payload, "alerts")) {
    const std::string summary = text_of(part_of(alert, "annotations"), "summary");
    if (!summary.empty()) paged(summary);
  }
}

}  // namespace

std::string shop_metrics(double open_seconds) {
  const double total = requests_per_second * open_seconds;
  const double outage =
      std::clamp(open_seconds - std::chrono::duration<double>(Shop::outage_begins).count(), 0.0,
                 std::chrono::duration<double>(Shop::outage_ends - Shop::outage_begins).count());
  const auto failed = static_cast<std::int64_t>(requests_per_second * outage * failing_share);
  const auto served = static_cast<std::int64_t>(total) - failed;
  return fmt::format(
      "# HELP shop_requests_total Requests to the shop.\n"
      "# TYPE shop_requests_total counter\n"
      "shop_requests_total{{code=\"200\"}} {}\n"
      "shop_requests_total{{code=\"500\"}} {}\n"
      "# HELP shop_request_duration_seconds How long they took.\n"
      "# TYPE shop_request_duration_seconds histogram\n"
      "shop_request_duration_seconds_bucket{{le=\"0.1\"}} {}\n"
      "shop_request_duration_seconds_bucket{{le=\"0.25\"}} {}\n"
      "shop_request_duration_seconds_bucket{{le=\"0.5\"}} {}\n"
      "shop_request_duration_seconds_bucket{{le=\"+Inf\"}} {}\n"
      "shop_request_duration_seconds_sum {}\n"
      "shop_request_duration_seconds_count {}\n",
      served, failed, served * 9 / 10, served * 99 / 100, served, served + failed,
      static_cast<double>(served) * 0.05, served + failed);
}

struct Shop::Loop {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  std::unique_ptr<Server> server;
};

Shop::Shop(std::function<void(const std::string& summary)> paged)
    : loop_(std::make_unique<Loop>()) {
  auto answer = [this, paged = std::move(paged)](const Request& request) -> Response {
    if (request.path == "/metrics") {
      return {.content_type = "text/plain; version=0.0.4",
              .body = shop_metrics(open_for().count())};
    }
    if (request.path == "/hook") report_alerts(request.body, paged);
    return {.body = "{}"};
  };
  loop_->server = std::make_unique<Server>(
      loop_->context, ServerLimits{}, std::move(answer),
      [](const Request&, int, std::chrono::microseconds) {}, [](std::string_view) {});
  const auto port = loop_->server->start("127.0.0.1", 0);
  if (!port) throw std::runtime_error("the shop cannot open: " + port.error());
  port_ = *port;
  thread_ = std::jthread([loop = loop_.get()] { loop->context.run(); });
}

Shop::~Shop() {
  loop_->context.stop();
  thread_.join();
}

std::chrono::duration<double> Shop::open_for() const {
  return std::chrono::steady_clock::now() - opened_;
}

}  // namespace slod
