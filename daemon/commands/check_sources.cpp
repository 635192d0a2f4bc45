#include "daemon/commands/check_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <vector>

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

/// The requests that read a replica together.
std::expected<std::vector<Fetch>, std::string> fetches_of(const SourceAccess& access,
                                                          std::size_t replica) {
  const auto tls = tls_of(access.access);
  if (!tls) return std::unexpected(tls.error());
  std::vector<std::string> queries = federate_queries(access.matches, query_bytes_first);
  if (queries.empty()) queries.emplace_back();
  std::vector<Fetch> fetches;
  for (const std::string& query : queries) {
    auto fetch = request_of(access, *tls, replica, query);
    if (!fetch) return std::unexpected(fetch.error());
    fetch->timeout = std::min(patience, access.timeout);
    fetches.push_back(std::move(*fetch));
  }
  return fetches;
}

/// The parts of a read as one answer: the first that is none, or all pages together.
std::expected<Reply, FetchError> joined(std::span<std::expected<Reply, FetchError>> parts) {
  for (const auto& part : parts) {
    if (!part || part->status != 200) return part;
  }
  Reply whole = std::move(*parts.front());
  for (auto& part : parts.subspan(1)) append_page(whole.body, std::move(part->body));
  return whole;
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
  std::size_t requests = 1;
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
      auto fetches = fetches_of(access, replica);
      if (!fetches) {
        findings.notes.push_back(
            fmt::format("{} was not checked: {}", source.name, fetches.error()));
        continue;
      }
      asked.push_back({&source, replica, shown_url(access, replica), fetches->size()});
      std::ranges::move(*fetches, std::back_inserter(requests));
    }
  }
  auto answers = fetch_all(std::move(requests));
  const Instant at = Clock().now();  // samples of another time than about now are no samples
  PageEvidence evidence;
  std::set<std::string> read_sources;
  std::span rest(answers);
  for (const Asked& page : asked) {
    const std::string& name = page.source->name;
    const auto answer = joined(rest.first(page.requests));
    rest = rest.subspan(page.requests);
    const auto read = read_answer(page, answer, at, evidence);
    const bool is_pair = !access_of(config, *page.source).other_url.empty();
    if (!read) {
      findings.notes.push_back(fmt::format("{} was not checked: {}", name, read.error()));
    } else if (read_sources.insert(name).second && is_pair) {
      findings.notes.push_back(fmt::format("{} is read from {}", name, page.url));
    }
    if (const std::string finding = clock_of(name, answer, at); !finding.empty()) {
      findings.notes.push_back(finding);
    }
  }
  evidence.compare(config, plan, read_sources.size() == plan.sources.size(), findings);
  return findings;
}

}  // namespace slod
