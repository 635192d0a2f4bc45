#include "daemon/ingest/scrape_log.h"

#include <utility>

#include "daemon/log/log.h"
#include "lib/series/source_clock.h"

namespace slod {

void ScrapeLog::note(const std::string& source,
                     const std::expected<BatchResult, std::string>& scraped) {
  if (scraped) note_shared(source, *scraped);
  const bool is_failing = !scraped.has_value();
  const bool was_failing = std::exchange(was_failing_, is_failing);
  if (is_failing && !was_failing) {
    log::warning("cannot scrape a source; its time counts as missing",
                 {{"source", source}, {"error", scraped.error()}});
  } else if (is_failing) {
    log::debug("still cannot scrape a source", {{"source", source}, {"error", scraped.error()}});
  } else if (was_failing) {
    log::info("a source can be scraped again", {{"source", source}});
  }
  if (!scraped) return;
  note_ignored(source, *scraped);
  note_clock(source, scraped->clock_skew);
}

/// Says how far the clock of a source is off, where that has changed by seconds.
void ScrapeLog::note_clock(const std::string& source, std::optional<Duration> skew) {
  constexpr Duration worth_saying = std::chrono::seconds(2);
  const Duration now = skew.value_or(clock_skew_);
  if (std::chrono::abs(now - clock_skew_) < worth_saying) return;
  clock_skew_ = now;
  if (const std::string finding = clock_finding(source, now); !finding.empty()) {
    log::warning(finding, {{"source", source}, {"ahead_seconds", seconds(now)}});
  } else {
    log::info("the clock of a source differs from that of slod; this is taken off its timestamps",
              {{"source", source}, {"ahead_seconds", seconds(now)}});
  }
}

void ScrapeLog::note_shared(const std::string& source, const BatchResult& result) {
  const bool was_shared = std::exchange(was_shared_, result.is_shared_address);
  if (result.is_shared_address && !was_shared) {
    log::warning("a source says nothing; its time counts as missing",
                 {{"source", source}, {"error", shared_address_problem}});
  } else if (was_shared && !result.is_shared_address) {
    log::info("one process answers at a source's address again", {{"source", source}});
  }
}

/// Says what a page has that is ignored, where the page before it had nothing of the kind.
void ScrapeLog::note_ignored(const std::string& source, const BatchResult& result) {
  const Ignored now{result.ignored_values > 0, result.out_of_order > 0, result.too_far_ahead > 0,
                    result.too_far_behind > 0, result.duplicates > 0};
  const Ignored before = std::exchange(ignored_, now);
  if (now == Ignored{}) return;
  bool is_new = false;
  for (std::size_t i = 0; i < now.size(); ++i) is_new = is_new || (now[i] && !before[i]);
  const auto say = is_new ? log::warning : log::debug;
  say("ignored samples of a page", {{"source", source},
                                    {"without_value", result.ignored_values},
                                    {"out_of_order", result.out_of_order},
                                    {"too_far_ahead", result.too_far_ahead},
                                    {"too_far_behind", result.too_far_behind},
                                    {"duplicates", result.duplicates}});
}

}  // namespace slod
