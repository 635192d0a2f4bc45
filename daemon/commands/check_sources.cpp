#include "daemon/commands/check_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "daemon/clock/clock.h"
#include "daemon/commands/fetch_all.h"
#include "daemon/commands/page_evidence.h"
#include "daemon/ingest/source.h"
#include "daemon/net/retry_after.h"
#include "lib/engine/plan.h"
#include "lib/series/scraped_source.h"
#include "lib/series/source_clock.h"

namespace slod {
namespace {

constexpr Duration patience = std::chrono::seconds(2);

std::expected<Fetch, std::string> fetch_of(const SourceAccess& access, std::size_t replica) {
  auto tls = tls_of(access.access);
  if (!tls) return std::unexpected(tls.error());
  auto fetch = request_of(access, std::move(*tls), replica);
  if (fetch) fetch->timeout = std::min(patience, access.timeout);
  return fetch;
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

/// Notes what the page has of each SLO. The error says why it is no page.
std::expected<void, std::string> read_answer(const Asked& asked,
                                             const std::expected<Reply, FetchError>& answer,
                                             Instant at, PageEvidence& evidence) {
  if (!answer) return std::unexpected(answer.error().message);
  if (answer->status != 200) {
    return std::unexpected(fmt::format("it answered with status {}", answer->status));
  }
  const SourcePlan& source = *asked.source;
  ScrapedSource scraped(source.demand, source.options);
  const auto result = scraped.record_page(answer->body, at, PageReader::Comments::read);
  if (!result) return std::unexpected(result.error().message);
  const bool is_target = source.options.kind == target_kind;
  evidence.note(source, is_target ? asked.url : "", *result, scraped.book);
  return {};
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
  PageEvidence evidence;
  std::set<std::string> read_sources;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::string& name = asked[i].source->name;
    const auto read = read_answer(asked[i], answers[i], at, evidence);
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
  evidence.compare(config, plan, read_sources.size() == plan.sources.size(), findings);
  return findings;
}

}  // namespace slod
