#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/access/access.h"
#include "daemon/ingest/federate_query.h"
#include "daemon/net/client.h"
#include "daemon/net/tls.h"
#include "lib/config/config.h"
#include "lib/engine/plan.h"

namespace slod {

/// How one source is reached: everything that the network side of scraping it needs.
struct SourceAccess {
  std::string name;  ///< SourcePlan::name
  std::string url;   ///< a /metrics page, or /federate without its match[]
  /// That of the other server of a pair; empty: there is none.
  std::string other_url = {};
  std::vector<MatchGroup> matches = {};  ///< what /federate is asked for; none for a page
  config::Access access;
  Duration interval{};
  Duration timeout{};
  std::size_t body_bytes_max = 0;

  bool operator==(const SourceAccess&) const = default;
};

/// The access of a plan's source.
SourceAccess access_of(const config::Config& config, const SourcePlan& source);

/// When a source is next due after `now`: its scrapes are at whole intervals since the epoch plus
/// an offset of its own, a hash of its name, so that the scrapes of many sources are spread evenly
/// and stay where they are after a restart.
Instant next_due(std::string_view name, Duration interval, Instant now);

/// The rhythm of a source's reads: the times of next_due() by the wall clock. Where that clock was
/// set in between, no read comes sooner than half an interval after the one before.
class ReadRhythm {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  ReadRhythm(std::string name, Duration interval) : name_(std::move(name)), interval_(interval) {}

  /// How long to wait for the next read, given what the machine's clocks say.
  Duration wait(Instant wall, Steady steady);

 private:
  std::string name_;
  Duration interval_;
  std::optional<Steady> last_due_;
};

/// The server that a replica is, or the page of a target, for people.
std::string shown_url(const SourceAccess& source, std::size_t replica);

/// The first replica's URL with all of its match[], however long it is.
std::string whole_url(const SourceAccess& source);

/// The request that scrapes a replica of a source, or, with a `query`, a part of it. Secrets are
/// read from their files each time, so that one that was changed is used at once. The error says
/// which file and why.
std::expected<Fetch, std::string> request_of(const SourceAccess& source,
                                             std::shared_ptr<const TlsContext> tls,
                                             std::size_t replica = 0, std::string_view query = {});

}  // namespace slod
