#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/alert/burn_rate_rule.h"
#include "lib/alert/receivers/receivers.h"
#include "lib/freeze/policy.h"
#include "lib/rules/group.h"
#include "lib/series/labels.h"
#include "lib/series/recent_samples.h"
#include "lib/slo/definition.h"
#include "lib/time/instant.h"

/// What the configuration files say, with every default filled in and every path resolved. No
/// secret is in here: only the paths of the files that hold them.
namespace slod::config {

/// Where to listen or to connect to.
struct HostPort {
  std::string host;  ///< a name or an address; IPv6 without brackets
  std::uint16_t port = 0;

  /// "127.0.0.1:9750", "[::1]:9750".
  std::string text() const;
  bool operator==(const HostPort&) const = default;
};

/// How to trust a server and be trusted by it. An empty path or name: the system's own.
struct Tls {
  std::string ca_file;      ///< PEM
  std::string cert_file;    ///< PEM; set exactly where key_file is
  std::string key_file;     ///< PEM
  std::string server_name;  ///< what the certificate must name, and SNI; empty: the host

  bool operator==(const Tls&) const = default;
};

struct BasicAuth {
  std::string username;
  std::string password_file;

  bool operator==(const BasicAuth&) const = default;
};

/// What a request needs to be let in. At most one of basic_auth and bearer_token_file is set.
struct Access {
  std::optional<Tls> tls;  ///< only for https
  std::optional<BasicAuth> basic_auth;
  std::string bearer_token_file;              ///< empty: none
  std::string authorization_type = "Bearer";  ///< of that token
  bool follow_redirects = true;
  /// http://[USER:PASSWORD@]HOST[:PORT] of the proxy that is asked in the server's place; empty:
  /// none. A secret where it has a password.
  std::string proxy_url = {};

  bool operator==(const Access&) const = default;
};

/// Targets that slod reads itself.
struct ScrapeJob {
  std::string job;  ///< unique; the label `job` of every series
  std::vector<HostPort> targets;
  Duration interval = std::chrono::seconds(15);
  Duration timeout = std::chrono::seconds(10);  ///< at most interval
  std::string path = "/metrics";                ///< starts with a slash; may have a query
  bool https = false;
  Access access;
  Labels labels;  ///< added to every series; never job or instance
  std::uint64_t sample_limit = 1'000'000;
  std::uint64_t body_size_limit_bytes = 64ULL << 20;  ///< after decompression
  bool honor_timestamps = true;                       ///< false: the time of the read counts

  bool operator==(const ScrapeJob&) const = default;
};

/// A server that reads the targets already; slod asks it only for what is demanded.
struct PrometheusServer {
  /// What Prometheus and Thanos call the label that tells the two servers of a pair apart.
  static std::vector<std::string> usual_replica_labels() {
    return {"prometheus_replica", "replica", "__replica__", "thanos_replica", "rule_replica"};
  }

  /// Raw series, or sums that the server computes.
  enum class Mode { federate, query };

  std::string name;  ///< unique
  std::string url;   ///< http or https, no trailing slash
  /// The other server of a pair, of which one is read at a time; empty: there is none.
  std::string other_url = {};
  Mode mode = Mode::federate;
  Duration interval = std::chrono::seconds(15);
  Duration timeout = std::chrono::seconds(10);  ///< at most interval
  Access access;
  bool honor_timestamps = true;  ///< false: the time of the read counts
  std::vector<std::string> replica_labels = usual_replica_labels();
  Duration backfill{0};  ///< 0: none. Read, but not acted on in this version

  bool operator==(const PrometheusServer&) const = default;
};

struct Service {
  std::string name;  ///< unique
  std::string owner;
  std::string runbook;  ///< a URL, or empty

  bool operator==(const Service&) const = default;
};

/// What is kept for queries, and what they may take.
struct Query {
  Duration retention = SampleLimits{}.retention;          ///< of the samples of the sources
  std::uint64_t memory_bytes = SampleLimits{}.bytes_max;  ///< of these samples and their labels
  std::uint64_t query_bytes_max = 64 << 20;               ///< of one query while it is answered
  std::uint64_t all_queries_bytes_max = 128 << 20;        ///< of all queries of clients together
  Duration timeout = std::chrono::minutes(2);             ///< of one query, its wait included
  std::uint64_t concurrency = 20;  ///< queries of clients that are answered at the same time

  bool operator==(const Query&) const = default;
};

struct Alerting {
  std::vector<alert::BurnRateRule> burn_rates = alert::default_rules();  ///< for a window of 30d
  bool burn_rates_are_default = true;
  std::uint64_t min_events = 10;  ///< bad events in the long window, below which nothing fires
  std::vector<alert::Receiver> receivers;
  std::map<std::string, Access> access;  ///< by receiver, of those whose kind takes one
  alert::Routes routes;
  /// Between two times that a receiver which forgets is sent what is firing.
  Duration resend_delay = std::chrono::minutes(1);
  /// Of rule groups that name none.
  Duration evaluation_interval = std::chrono::seconds(15);
};

struct Config {
  HostPort listen{"127.0.0.1", 9750};
  std::string external_url = "http://127.0.0.1:9750";  ///< no trailing slash; for links
  std::string state = "state";                         ///< a directory
  std::vector<ScrapeJob> scrape;
  std::vector<PrometheusServer> prometheus;
  std::vector<Service> services;
  std::vector<SloDefinition> slos;  ///< of all services; no id twice
  freeze::Policy freeze = freeze::default_policy();
  Alerting alerting;
  Query query;
  /// Of rule files, and of the rules that stand in the configuration itself: those of one file
  /// are a group of the name "rules". No id twice.
  std::vector<std::shared_ptr<const rules::Group>> rule_groups;
  std::string redacted;  ///< the files as written, as YAML without comments and secrets
};

/// "federate" or "query".
std::string_view to_string(PrometheusServer::Mode mode);

}  // namespace slod::config
