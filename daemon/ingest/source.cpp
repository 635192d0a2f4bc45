#include "daemon/ingest/source.h"

#include <fmt/format.h>

#include "lib/hash/fnv.h"

namespace slod {
namespace {

constexpr std::size_t federate_bytes_max = 64 << 20;

/// FNV-1a with a final mix: spreads names that differ in one digit over the whole interval.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = fnv_hash(text);
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  return hash ^ (hash >> 33);
}

constexpr std::string_view federate_path = "/federate";

std::string federate_url(const std::string& server) {
  return server.empty() ? std::string() : server + std::string(federate_path);
}

SourceAccess access_of(const config::Config& config, ConfiguredTarget configured,
                       const SourcePlan& source) {
  const config::ScrapeJob& job = config.scrape[configured.job];
  return {.name = source.name,
          .url = fmt::format("{}://{}{}", job.https ? "https" : "http",
                             job.targets[configured.target].text(), job.path),
          .access = job.access,
          .interval = job.interval,
          .timeout = job.timeout,
          .body_bytes_max = job.body_size_limit_bytes};
}

SourceAccess access_of(const config::Config& config, ConfiguredServer configured,
                       const SourcePlan& source) {
  const config::PrometheusServer& server = config.prometheus[configured.server];
  return {.name = source.name,
          .url = federate_url(server.url),
          .other_url = federate_url(server.other_url),
          .matches = match_groups(source),
          .access = server.access,
          .interval = server.interval,
          .timeout = server.timeout,
          .body_bytes_max = federate_bytes_max};
}

}  // namespace

SourceAccess access_of(const config::Config& config, const SourcePlan& source) {
  return std::visit([&](const auto& configured) { return access_of(config, configured, source); },
                    source.configured);
}

Instant next_due(std::string_view name, Duration interval, Instant now) {
  const Duration offset(hash_of(name) % static_cast<std::uint64_t>(interval.count()));
  const Duration passed = (now.time_since_epoch() - offset) % interval;
  return now + interval - passed;
}

Duration ReadRhythm::wait(Instant wall, Steady steady) {
  Duration wait = next_due(name_, interval_, wall) - wall;
  if (last_due_ && steady + wait < *last_due_ + interval_ / 2) wait += interval_;
  last_due_ = steady + wait;
  return wait;
}

std::string shown_url(const SourceAccess& source, std::size_t replica) {
  const std::string& url = replica == 0 ? source.url : source.other_url;
  const std::string without_query = url.substr(0, url.find('?'));
  return without_query.ends_with(federate_path)
             ? without_query.substr(0, without_query.size() - federate_path.size())
             : without_query;
}

std::string whole_url(const SourceAccess& source) {
  const auto queries = federate_queries(source.matches, std::string::npos);
  return queries.empty() ? source.url : source.url + "?" + queries.front();
}

std::expected<Fetch, std::string> request_of(const SourceAccess& source,
                                             std::shared_ptr<const TlsContext> tls,
                                             std::size_t replica, std::string_view query) {
  Fetch fetch{.url = replica == 0 ? source.url : source.other_url,
              .headers = {{"accept", "text/plain;version=0.0.4;q=1,*/*;q=0.1"},
                          {"x-prometheus-scrape-timeout-seconds",
                           fmt::format("{}", seconds(source.timeout))}},
              .timeout = source.timeout,
              .body_bytes_max = source.body_bytes_max,
              .tls = std::move(tls)};
  if (const auto allowed = let_in(source.access, fetch); !allowed) {
    return std::unexpected(allowed.error());
  }
  if (!query.empty()) fetch.url += fmt::format("?{}", query);
  return fetch;
}

}  // namespace slod
