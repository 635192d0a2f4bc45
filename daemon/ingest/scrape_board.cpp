#include "daemon/ingest/scrape_board.h"

#include <algorithm>
#include <utility>

namespace slod {

void ScrapeBoard::configure(const std::vector<SourcePlan>& sources) {
  sources_.clear();
  for (const SourcePlan& source : sources) sources_.insert(source.name);
  std::erase_if(last_, [this](const auto& entry) { return !sources_.contains(entry.first); });
}

const LastScrape& ScrapeBoard::record(const ScrapeResult& result) {
  LastScrape scrape{
      .at = result.attempt.at, .took = result.attempt.took, .body_bytes = result.body_bytes};
  if (result.batch) {
    scrape.samples = result.batch->batch.exposed;
    scrape.demanded = result.batch->demanded;
    scrape.ignored = result.batch->ignored();
    scrape.rules = result.batch->rules;
    if (result.batch->is_shared_address) scrape.error = shared_address_problem;
    metadata_.add(result.batch->batch.metadata);
  } else {
    scrape.error = result.batch.error();
  }
  LastScrape& last = last_[result.source];
  scrape.clock_skew = result.batch ? result.batch->clock_skew : last.clock_skew;
  scrape.url = result.url;
  return last = std::move(scrape);
}

std::optional<std::string> ScrapeBoard::not_scraped_yet() const {
  const auto pending = std::ranges::find_if(
      sources_, [this](const std::string& source) { return !last_.contains(source); });
  return pending == sources_.end() ? std::nullopt : std::optional(*pending);
}

}  // namespace slod
