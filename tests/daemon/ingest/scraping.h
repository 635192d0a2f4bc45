#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/clock/clock.h"
#include "daemon/ingest/ingest.h"
#include "daemon/net/client.h"
#include "daemon/net/pool.h"
#include "daemon/net/resolver.h"
#include "lib/promql/selector.h"
#include "tests/support/scripted_server.h"

namespace slod {

/// A target on loopback whose page a test sets. Thread-safe.
class PageServer {
 public:
  explicit PageServer(std::string page) : page_(std::move(page)) {}

  void set_page(std::string page) {
    const std::lock_guard lock(mutex_);
    page_ = std::move(page);
  }
  void set_status(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  std::uint16_t port() const { return server_.port(); }
  /// The headers of the requests so far.
  std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  void serve(RawSocket& socket) {
    const std::string head = socket.read_until("\r\n\r\n");
    if (!head.ends_with("\r\n\r\n")) return;
    std::string reply;
    {
      const std::lock_guard lock(mutex_);
      heads_.push_back(head);
      reply = fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n\r\n{}", status_,
                          page_.size(), page_);
    }
    socket.send(reply);
  }

  mutable std::mutex mutex_;
  std::string page_;
  int status_ = 200;
  std::vector<std::string> heads_;
  /// Last: its threads use all of the above.
  ScriptedServer server_{[this](RawSocket& socket, std::size_t) { serve(socket); }};
};

/// A result as it was delivered.
struct Delivered {
  std::string source;
  Instant at;
  std::string error;   ///< empty: it succeeded
  std::string events;  ///< "baseline 0, continued 2"
  std::size_t body_bytes = 0;
  SourceChange change;
  MetadataByMetric metadata;
};

inline std::string events_of(const BatchResult& result) {
  std::string text;
  for (const Observation& observation : result.observations) {
    using enum Observation::Kind;
    const std::string_view kind = observation.kind == baseline    ? "baseline"
                                  : observation.kind == continued ? "continued"
                                  : observation.kind == born      ? "born"
                                                                  : "reset";
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", kind, observation.events);
  }
  return text;
}

/// What is scraped: the configuration and the plan of it, made by hand.
struct Scraped {
  config::Config config;
  Plan plan;

  /// A target at a loopback port, of which these selectors demand series. A scrape may take long,
  /// so that a busy machine fails no test.
  SourcePlan& add(std::string job, std::uint16_t port,
                  const std::vector<std::string>& demands = {"a"},
                  Duration interval = Duration(50)) {
    const config::HostPort target{"127.0.0.1", port};
    config.scrape.push_back({.job = job,
                             .targets = {target},
                             .interval = interval,
                             .timeout = std::chrono::hours(1),
                             .access = {},
                             .labels = {}});
    std::vector<promql::Selector> selectors;
    for (const auto& demand : demands) {
      selectors.push_back(promql::parse_selector(demand).value());
    }
    plan.sources.push_back(
        {.name = "scrape/" + job,
         .configured = ConfiguredTarget{config.scrape.size() - 1, 0},
         .options = {.target_labels = {{"job", job}}, .interval = interval},
         .demand = std::make_shared<const Demand>(std::move(selectors)),
         .consumers = std::make_shared<const std::vector<std::vector<Consumer>>>(demands.size())});
    return plan.sources.back();
  }
};

/// An ingest with all that it needs. What is delivered is kept.
class Scraping {
 public:
  ~Scraping() { stop(); }
  explicit Scraping(Clock clock = Clock()) : clock_(clock) {}
  Scraping(const Scraping&) = delete;
  Scraping& operator=(const Scraping&) = delete;

  Ingest& ingest() { return ingest_; }
  void configure(const Scraped& scraped) { ingest_.configure(scraped.config, scraped.plan); }

  const std::vector<Delivered>& delivered() const { return delivered_; }
  /// Those of one source.
  std::vector<Delivered> of(const std::string& source) const {
    std::vector<Delivered> all;
    for (const Delivered& one : delivered_) {
      if (one.source == source) all.push_back(one);
    }
    return all;
  }

  /// The next good pages, so many of them, are taken by somebody who throws.
  void throw_next(int pages) { throws_ = pages; }
  /// The tasks that failed, each with what it threw.
  const std::vector<std::string>& failed() const { return failed_; }

  /// Runs the loop until `is_done`.
  void run_until(const std::function<bool()>& is_done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "this did not happen within 20 s";
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds(5));
    }
  }
  /// Runs until the source has been delivered `count` more times; returns the last.
  Delivered next(const std::string& source, std::size_t count = 1) {
    const std::size_t wanted = of(source).size() + count;
    run_until([&] { return of(source).size() >= wanted; });
    const auto all = of(source);
    return all.empty() ? Delivered() : all.back();
  }

  void stop() {
    auto stopped = boost::asio::co_spawn(loop_, ingest_.stop(), boost::asio::use_future);
    run_until(
        [&] { return stopped.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  }

 private:
  void deliver(ScrapeResult result) {
    if (result.batch && throws_ > 0) {
      --throws_;
      throw std::runtime_error("out of luck");
    }
    Delivered& one = delivered_.emplace_back();
    one.source = result.source;
    one.at = result.attempt.at;
    one.body_bytes = result.body_bytes;
    one.change = std::move(result.change);
    if (!result.batch) {
      one.error = result.batch.error();
      return;
    }
    one.events = events_of(*result.batch);
    one.metadata = result.batch->batch.metadata;
  }

  boost::asio::io_context loop_{1};
  Resolver resolver_{loop_};
  Pool pool_{1};
  Client client_{resolver_, pool_};
  Clock clock_;
  std::vector<Delivered> delivered_;
  std::vector<std::string> failed_;
  int throws_ = 0;
  Ingest ingest_{loop_,
                 client_,
                 pool_,
                 clock_,
                 [this](ScrapeResult result) { deliver(std::move(result)); },
                 [this](const std::string& source, const std::string& error) {
                   failed_.push_back(source + ": " + error);
                 }};
};

}  // namespace slod
