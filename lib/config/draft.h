#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/config/section.h"

namespace slod::config {

/// A place that a later message may come back to. The scope outlives the draft.
struct Place {
  Scope* scope = nullptr;
  Mark mark;

  std::string text() const { return scope->place(mark); }
  void error(std::string message) const { scope->error(mark, std::move(message)); }
  void warn(std::string message) const { scope->warn(mark, std::move(message)); }
};

/// A selector of an SLI, as it is written: a histogram's without `_bucket`.
struct WrittenSelector {
  promql::Selector selector;
  Place place;
};

/// Where the parts of an SLO are written that can only be judged once everything is read.
struct SloPlaces {
  Place name;
  Place objective;
  Place window;
  Place stale_after;
  bool stale_after_given = false;
  Place sli;
  std::optional<Place> threshold;          ///< of a latency: its `below`
  std::vector<WrittenSelector> selectors;  ///< of what the SLI counts, or its expressions read
};

/// A pattern of `rule_files`, resolved.
struct RulePattern {
  std::string pattern;
  Place place;
};

/// An alerting rule, for the question which receivers it notifies.
struct WrittenAlert {
  std::string name;
  std::optional<std::string> severity;  ///< the label, which may be a template; nullopt: none
  Place place;                          ///< of its name
};

/// A group and what is known of it only while it is read.
struct DraftGroup {
  rules::Group group;
  bool has_interval = false;
};

/// The configuration while it is read, file by file, with the places of what may come once or is
/// judged later.
struct Draft {
  Config config;
  bool has_content = false;            ///< whether any file holds more than comments
  std::vector<SloPlaces> slo_places;   ///< as config.slos
  std::vector<Place> server_places;    ///< as config.prometheus
  std::map<std::string, Place> given;  ///< sections and scalars that may come once
  std::map<std::string, Place> jobs;
  std::map<std::string, Place> servers;
  std::map<std::string, Place> services;
  std::map<std::string, Place> receivers;
  std::map<std::string, Place> fallbacks;  ///< by the receiver that has one
  std::map<std::string, Place> routes;     ///< by severity
  std::vector<YamlNode> documents;         ///< of the configuration files
  std::vector<RulePattern> rule_patterns;
  std::vector<DraftGroup> rule_groups;
  std::vector<WrittenAlert> alerts;
  bool evaluation_interval_given = false;
  bool sources_are_read = true;  ///< all of scrape and prometheus, without an error
};

/// Notes `name` in one of the maps of a draft. Reports it, with the first place, where it is there
/// already. Whether it is new. `what` is the noun: "a service".
bool note_once(std::map<std::string, Place>& known, const std::string& name, Place place,
               std::string_view what);

/// A whole configuration file.
void read_top(Section& top, Draft& draft);

// One reader for each section, in a file of its own.
void read_scrape(Section& top, Draft& draft);
void read_prometheus(Section& top, Draft& draft);
void read_services(Section& top, Draft& draft);
void read_freeze(Section& top, Draft& draft);
void read_alerting(Section& top, Draft& draft);
void read_rules(Section& top, Draft& draft);
void read_query(Section& top, Draft& draft);

/// A file of rules in Prometheus's format.
void read_rule_file(Scope& scope, const YamlNode& root, Draft& draft);

/// tls, basic_auth, bearer_token_file, authorization and proxy_url. `https`: whether tls has a use
/// here.
Access read_access(Section& section, bool https);
/// interval and timeout.
void read_pace(Section& section, Duration& interval, Duration& timeout);
/// The one SLI of an SLO; its selectors and their places go to `places`. Nullopt after an error.
std::optional<Sli> read_sli(Section& slo, SloPlaces& places);
/// SLIs as YAML, which together have every key of every kind: "latency: {histogram: h, ...}".
std::vector<std::string> sli_specimens();

/// What can only be judged with everything read: where each SLO's series come from, and whether
/// evidence, windows and alerts fit how often they do. Raises a default stale_after.
void check_whole(Draft& draft);
/// Whether a selector names a label that no series of a server has, since it tells replicas apart.
void check_replica_labels(const Draft& draft);
/// Whether every alert has a receiver, and every route an alert.
void check_routes(const Draft& draft);
/// Gives the groups their intervals and puts them into the configuration.
void finish_rules(Draft& draft);

}  // namespace slod::config
