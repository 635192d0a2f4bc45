#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/api/prometheus/metered.h"
#include "daemon/api/prometheus/query_job.h"
#include "daemon/ingest/scrape_board.h"
#include "daemon/tasks/task_board.h"
#include "lib/engine/engine.h"
#include "lib/time/instant.h"

namespace slod {

class Store;

/// The last reload of the configuration; before the first one, the start.
struct Reload {
  bool succeeded = true;
  Instant at;
};

/// What the API shows of the running daemon, and what it asks of it. Every function answers at
/// once and is called on the loop's thread; what is returned by reference lives as long as the
/// daemon.
class Daemon {
 public:
  Daemon() = default;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  virtual ~Daemon() = default;

  virtual Instant now() = 0;
  virtual const Engine& engine() const = 0;
  /// The samples that queries read.
  virtual prometheus_api::SamplesOnLoop samples() = 0;
  /// What answers to queries may take.
  virtual prometheus_api::AnswerMemory answer_memory() = 0;
  /// By source; one that has not been scraped yet has no entry.
  virtual const LastScrapes& last_scrapes() const = 0;
  /// What the targets say of their metrics.
  virtual const KnownMetadata& metadata() const = 0;
  /// What makes the text of /metrics, of the last snapshot. It is to be called on another thread,
  /// and lives no longer than the pools.
  virtual std::function<std::string()> metrics_page() const = 0;

  /// When this process began to serve.
  virtual Instant started() const = 0;
  virtual Reload last_reload() const = 0;
  /// Why slod is not ready, as a sentence; empty: it is ready.
  virtual std::string not_ready() const = 0;
  /// Why the state cannot be stored; empty: it can.
  virtual std::string store_problem() const = 0;
  /// What of the stored state could not be used at the start, a sentence each.
  virtual const std::vector<std::string>& state_problems() const = 0;
  /// What of slod itself failed.
  virtual const TaskBoard& tasks() const = 0;
  /// The disk hangs: a transaction has been waiting on it for longer than the limit.
  virtual bool store_hangs() const = 0;
  /// Share of the last minute that the engine's steps came late by.
  virtual double late_ratio() = 0;
  /// Messages that wait for their receivers, by receiver.
  virtual std::map<std::string, std::size_t> outbox_pending() const = 0;

  /// What happened before.
  virtual Store& store() = 0;
  /// Loads the configuration files again, on a thread of a pool. Empty text: done; else why the
  /// previous configuration stays.
  using ReloadJob = std::move_only_function<std::string(const std::stop_token&)>;
  virtual ReloadJob reload() = 0;
};

}  // namespace slod
