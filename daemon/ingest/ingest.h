#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/clock/clock.h"
#include "daemon/ingest/source.h"
#include "daemon/net/client.h"
#include "daemon/net/pool.h"
#include "lib/series/sample_intake.h"
#include "lib/series/series_book.h"
#include "lib/state/changes.h"

namespace slod {

/// What became of one attempt to scrape a source.
struct ScrapeResult {
  const std::string& source;   ///< its name
  const SeriesBook& book;      ///< after the scrape; at rest until the callback returns
  ScrapeAttempt attempt;       ///< since the request was sent
  std::size_t body_bytes = 0;  ///< after decompression
  /// The metadata of its batch is read only now and then, and else empty. Error: why it failed.
  const std::expected<BatchResult, std::string>& batch;
  SourceChange change;   ///< to be committed together with what the scrape changed
  std::string url = {};  ///< which page, or which of the servers, is read
};

/// Scrapes every source at its interval, each in a task of its own: one that is slow, endless,
/// oversized or dead delays no other. Fetching happens on the loop, parsing on the pool, and each
/// result is handed over on the loop.
///
/// Not thread-safe: all calls come from the loop's thread.
class Ingest {
 public:
  using Deliver = std::function<void(ScrapeResult)>;
  /// Called when a task threw, with its source and what it threw. It is started again, and what the
  /// attempt came to was delivered as a failure.
  using Failed = std::function<void(const std::string& source, const std::string& error)>;

  Ingest(boost::asio::io_context& loop, Client& client, Pool& pool, Clock& clock, Deliver deliver,
         Failed failed);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  /// Gives a source the counters it had before a restart; to be called before `configure`. The
  /// error says what is wrong with them; the source then starts without any.
  std::expected<void, std::string> restore(const SourcePlan& plan, const SourceChange& stored);

  /// Scrapes these sources from now on. A source that was scraped before keeps its counters; one
  /// that is no longer among them is let go. The plan is copied.
  void configure(const config::Config& config, const Plan& plan);

  /// What restore() made of a source, until configure(), or null: for the engine to learn which
  /// SLOs it fed before a restart.
  const SeriesBook* restored_book(const std::string& source) const;

  /// Ends all tasks, also those in the middle of a scrape; returns when the last has ended.
  boost::asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slod
