#include "daemon/commands/check_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "daemon/clock/clock.h"
#include "daemon/commands/fetch_all.h"
#include "daemon/ingest/source.h"
#include "daemon/net/retry_after.h"
#include "lib/engine/expression_needs.h"
#include "lib/series/sample_intake.h"
#include "lib/series/scraped_source.h"
#include "lib/series/source_clock.h"

namespace slod {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

/// What the pages that could be read showed of one SLO.
struct Seen {
  std::set<Role> roles;
  std::set<double> bounds;  ///< of its histogram's buckets
};

std::expected<Fetch, std::string> fetch_of(const SourceAccess& access, std::size_t replica) {
  auto tls = tls_of(access.access);
  if (!tls) return std::unexpected(tls.error());
  auto fetch = request_of(access, std::move(*tls), replica);
  if (fetch) fetch->timeout = std::min(patience, access.timeout);
  return fetch;
}

/// Notes what the page has of each SLO. The error says why it is no page.
std::expected<void, std::string> note_page(const SourcePlan& source, const std::string& page,
                                           Instant at, std::map<SloId, Seen>& seen) {
  ScrapedSource scraped(source.demand, source.options);
  const auto result = scraped.record_page(page, at);
  if (!result) return std::unexpected(result.error().message);
  for (const Observation& observation : result->observations) {
    const Series series = scraped.book.series(observation.series);
    for (const std::uint32_t id : series.demands) {
      for (const Consumer& consumer : (*source.consumers)[id]) {
        seen[consumer.slo].roles.insert(consumer.role);
        if (consumer.role != Role::bucket || std::isnan(series.le)) continue;
        seen[consumer.slo].bounds.insert(series.le);
      }
    }
  }
  for (const BatchSample& sample : result->batch.samples) {
    for (const std::uint32_t id : scraped.book.demands(sample.series)) {
      for (const Consumer& consumer : (*source.consumers)[id]) {
        if (consumer.role == Role::value) seen[consumer.slo].roles.insert(consumer.role);
      }
    }
  }
  return {};
}

std::optional<std::string> bounds_warning(const Seen& seen) {
  if (seen.bounds.empty() || std::isinf(*seen.bounds.rbegin())) return std::nullopt;
  return fmt::format(
      "the histogram has no bucket with le=\"+Inf\": events slower than {} s are not seen",
      *seen.bounds.rbegin());
}

std::optional<std::string> threshold_warning(const SloDefinition& slo, const Seen& seen) {
  const auto use = bucket_use(slo.sli);
  const auto threshold = use ? use->threshold_seconds : std::nullopt;
  if (!threshold || seen.bounds.empty() || seen.bounds.contains(*threshold)) return std::nullopt;
  const auto above = seen.bounds.lower_bound(*threshold);
  if (above == seen.bounds.begin() && std::isinf(*above)) {
    return "the histogram has no bucket but le=\"+Inf\": every event counts as bad";
  }
  const double lower = above == seen.bounds.begin() ? 0 : *std::prev(above);
  if (std::isinf(*above)) {
    return fmt::format(
        "expected below to be a bucket's bound, found {} s, above the highest one, {} s: what took "
        "longer than that counts as bad",
        *threshold, lower);
  }
  return fmt::format(
      "expected below to be a bucket's bound, found {} s, between {} s and {} s: good events are "
      "interpolated; a threshold on either would be exact",
      *threshold, lower, *above);
}

/// `all_read`: every page was seen, so that a selector that matches nothing is a finding.
void compare(const config::Config& config, const Plan& plan, std::map<SloId, Seen> seen,
             bool all_read, SourceFindings& findings) {
  const auto read_by = read_selectors(config);
  for (std::size_t i = 0; i < plan.slos.size(); ++i) {
    const SloDefinition& slo = plan.slos[i];
    const Seen& own = seen[slo.id()];
    for (const Demanded& demanded : demands(slo.sli)) {
      // Errors that have never happened often have no series yet.
      if (demanded.role == Role::bad || own.roles.contains(demanded.role) || !all_read) continue;
      findings.warnings.push_back(
          {to_text(slo.id()), fmt::format("no series match {}: {}", to_string(demanded.role),
                                          demanded.selector.text())});
    }
    const std::vector<promql::Selector>& read = read_by[i];
    const bool is_on_pages = std::ranges::any_of(
        read, [](const promql::Selector& selector) { return !is_scrape_report(selector.metric); });
    if (is_on_pages && all_read && !own.roles.contains(Role::value)) {
      findings.warnings.push_back(
          {to_text(slo.id()), fmt::format("no series match its expressions: {}", read[0].text())});
    }
    if (auto warning = bounds_warning(own)) {
      findings.warnings.push_back({to_text(slo.id()), std::move(*warning)});
    } else if (auto about = threshold_warning(slo, own)) {
      findings.warnings.push_back({to_text(slo.id()), std::move(*about), true});
    }
  }
}

/// What the Date of an answer says against the clock of its source; empty: nothing.
std::string clock_of(const std::string& name, const std::expected<Reply, FetchError>& answer,
                     Instant received) {
  if (!answer) return {};
  SourceClock clock;
  clock.observe({.sent = received - patience,
                 .received = received,
                 .date = parse_http_date(answer->header("date"))},
                std::nullopt);
  return clock_finding(name, clock.skew());
}

/// A page to be read.
struct Asked {
  const SourcePlan* source = nullptr;
  std::size_t replica = 0;
  std::string url;
};

std::expected<void, std::string> read_answer(const Asked& asked,
                                             const std::expected<Reply, FetchError>& answer,
                                             Instant at, std::map<SloId, Seen>& seen) {
  if (!answer) return std::unexpected(answer.error().message);
  if (answer->status != 200) {
    return std::unexpected(fmt::format("it answered with status {}", answer->status));
  }
  return note_page(*asked.source, answer->body, at, seen);
}

}  // namespace

SourceFindings check_sources(const config::Config& config) {
  SourceFindings findings;
  const Plan plan = make_plan(config);
  std::vector<Fetch> requests;
  std::vector<Asked> asked;
  for (const SourcePlan& source : plan.sources) {
    const SourceAccess access = access_of(config, source);
    for (std::size_t replica = 0; replica < (access.other_url.empty() ? 1U : 2U); ++replica) {
      auto fetch = fetch_of(access, replica);
      if (!fetch) {
        findings.notes.push_back(fmt::format("{} was not checked: {}", source.name, fetch.error()));
        continue;
      }
      requests.push_back(std::move(*fetch));
      asked.push_back({&source, replica, shown_url(access, replica)});
    }
  }
  const auto answers = fetch_all(std::move(requests));
  const Instant at = Clock().now();  // samples of another time than about now are no samples
  std::map<SloId, Seen> seen;
  std::set<std::string> read_sources;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::string& name = asked[i].source->name;
    const auto read = read_answer(asked[i], answers[i], at, seen);
    const bool is_pair = !access_of(config, *asked[i].source).other_url.empty();
    if (!read) {
      findings.notes.push_back(fmt::format("{} was not checked: {}", name, read.error()));
    } else if (read_sources.insert(name).second && is_pair) {
      findings.notes.push_back(fmt::format("{} is read from {}", name, asked[i].url));
    }
    if (const std::string finding = clock_of(name, answers[i], at); !finding.empty()) {
      findings.notes.push_back(finding);
    }
  }
  compare(config, plan, std::move(seen), read_sources.size() == plan.sources.size(), findings);
  return findings;
}

}  // namespace slod
