#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/clock/clock.h"
#include "daemon/ingest/source.h"
#include "daemon/net/client.h"
#include "daemon/net/pool.h"
#include "lib/exposition/metadata.h"
#include "lib/series/source_reader.h"
#include "lib/state/changes.h"

namespace slod {

/// What became of one attempt to read a source.
struct ReadOutcome {
  const std::string& source;   ///< its name
  const SourceReader& reader;  ///< after the read; at rest until the callback returns
  Instant at;                  ///< when the request was sent
  Duration took{};
  std::size_t body_bytes = 0;  ///< after decompression
  const std::expected<Read, std::string>& read;
  SourceChange change;        ///< to be committed together with what the read changed
  MetadataByMetric metadata;  ///< of demanded metrics; read only now and then, else empty
};

/// Reads every source at its interval, each in a task of its own: one that is slow, endless,
/// oversized or dead delays no other. Fetching happens on the loop, parsing on the pool, and each
/// outcome is handed over on the loop.
///
/// Not thread-safe: all calls come from the loop's thread.
class Ingest {
 public:
  using Deliver = std::function<void(ReadOutcome)>;

  Ingest(boost::asio::io_context& loop, Client& client, Pool& pool, Clock& clock, Deliver deliver);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  /// Gives a source the counters it had before a restart; to be called before `read`. The error
  /// says what is wrong with them; the source then starts anew.
  std::expected<void, std::string> restore(const SourcePlan& plan, const SourceChange& stored);

  /// Reads these sources from now on. A source that was read before keeps its counters; one that
  /// is not among them any more is let go. The plan is copied.
  void read(const config::Config& config, const Plan& plan);

  /// The reader of a source, or null: for the engine to learn which SLOs it fed before a restart.
  const SourceReader* reader(const std::string& source) const;

  /// Ends all tasks, also those in the middle of a read; returns when the last has ended.
  boost::asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slod
