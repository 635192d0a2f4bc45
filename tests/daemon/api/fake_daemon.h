#pragma once

#include <cassert>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/daemon.h"

namespace slod {

/// A daemon that is what a test says. Its loop is the caller's thread.
class FakeDaemon final : public Daemon {
 public:
  explicit FakeDaemon(config::Config config = {},
                      Instant at = parse_instant("2026-01-02T00:00:00Z").value())
      : time(at), served(std::move(config), {}, at) {}

  Instant now() override { return time; }
  const Engine& engine() const override { return served; }
  prometheus_api::SamplesOnLoop samples() override {
    return {.samples = kept, .post = [](const std::function<void()>& call) { call(); }};
  }
  prometheus_api::AnswerMemory answer_memory() override {
    return {.all = memory, .one_bytes_max = memory->bytes_max()};
  }
  const LastScrapes& last_scrapes() const override { return scrapes; }
  const KnownMetadata& metadata() const override { return known; }
  std::function<std::string()> metrics_page() const override {
    return [text = page] { return text; };
  }
  Instant started() const override { return time - std::chrono::hours(1); }
  Reload last_reload() const override {
    return {.succeeded = true, .at = time - std::chrono::minutes(1)};
  }
  std::string not_ready() const override { return why_not_ready; }
  std::string store_problem() const override { return why_not_stored; }
  const std::vector<std::string>& state_problems() const override { return problems; }
  const TaskBoard& tasks() const override { return board; }
  bool store_hangs() const override { return hangs; }
  double late_ratio() override { return 0; }
  std::map<std::string, std::size_t> outbox_pending() const override { return pending; }
  Store& store() override {
    assert(past != nullptr);
    return *past;
  }
  ReloadJob reload() override {
    return [this](const std::stop_token&) { return why_not_reloaded; };
  }

  Instant time;
  std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>(std::size_t{64} << 20);
  Engine served;
  QuerySamples* kept = nullptr;
  Store* past = nullptr;
  LastScrapes scrapes;
  KnownMetadata known;
  std::string page;
  std::string why_not_ready;
  std::string why_not_stored;
  std::string why_not_reloaded;
  std::vector<std::string> problems;
  TaskBoard board{[](std::string_view) {}};
  bool hangs = false;
  std::map<std::string, std::size_t> pending;
};

}  // namespace slod
