#include "lib/engine/feed.h"

#include <algorithm>
#include <utility>

namespace slod {
Feed::Feed(SourcePlan plan) : plan_(std::move(plan)) {
  for (const auto& consumers : *plan_.consumers) {
    reads_values_.push_back(false);
    for (const Consumer& consumer : consumers) {
      add_link(consumer.slo, false);
      if (consumer.role == Role::value) reads_values_.back() = has_values_ = true;
    }
  }
  for (const std::uint32_t slo : plan_.reported_to) add_link(slo, true);
}

void Feed::add_link(std::uint32_t slo, bool is_report) {
  if (by_slo_.size() <= slo) by_slo_.resize(slo + 1, -1);
  if (by_slo_[slo] >= 0) return;
  by_slo_[slo] = static_cast<std::int32_t>(links_.size());
  links_.push_back({.slo = slo, .is_report = is_report});
}

Feed::Link& Feed::link_of(std::uint32_t slo) {
  return links_[static_cast<std::size_t>(by_slo_[slo])];
}

Timing Feed::timing(const Link& link) const {
  return link.is_dated ? Timing::by_samples : plan_.options.kind.timing;
}

Duration Feed::longest_step(const Link& link) const {
  return slod::longest_step(timing(link), plan_.options.interval);
}

void Feed::restore(const SeriesBook& book, std::span<const OpenGap> gaps,
                   std::span<SloState> slos) {
  if (!book.last_batch()) return;
  const std::vector<bool> met = book.demands_met();
  for (std::size_t id = 0; id < met.size(); ++id) {
    if (!met[id]) continue;
    for (const Consumer& consumer : (*plan_.consumers)[id]) {
      // What an expression read before the restart is no longer known.
      if (consumer.role == Role::value) continue;
      Link& link = link_of(consumer.slo);
      SloState& slo = slos[consumer.slo];
      const auto until = slo.tracker().ledger().observed_until();
      if (link.feeds || !until) continue;  // an SLO that starts to count begins with the next batch
      const auto gap = std::ranges::find(gaps, to_text(slo.definition().id()), &OpenGap::slo);
      if (gap != gaps.end()) link.missed = gap->missed;
      const Instant evidence =
          link.missed.empty() ? *book.last_batch() : link.missed.front().when.begin;
      Instant from = link.missed.empty() ? evidence : link.missed.back().when.end;
      // A sample with a timestamp is older than the batch that brought it.
      link.is_dated = from > *until;
      if (link.is_dated && from - *until <= longest_step(link)) from = *until;
      start(link, slo, from);
      slo.evidence_until(evidence);
    }
  }
}

void Feed::start(Link& link, SloState& slo, Instant from) {
  link.feeds = true;
  link.accounted_to = from;
  slo.begin(from);
  slo.fed_by_one_more();
}

void Feed::continue_from(const Feed& before, std::span<const std::optional<std::uint32_t>> moved,
                         std::span<SloState> slos) {
  for (const Link& old : before.links_) {
    if (!old.feeds || !moved[old.slo]) continue;
    const std::uint32_t slo = *moved[old.slo];
    if (slo >= by_slo_.size() || by_slo_[slo] < 0) continue;
    Link& link = link_of(slo);
    const bool is_report = link.is_report;
    link = old;
    link.slo = slo;
    link.is_report = is_report;
    slos[slo].fed_by_one_more();
  }
}

void Feed::count(const SeriesBook& book, const Observation& observation, std::span<SloState> slos) {
  using Kind = Observation::Kind;
  for (const std::uint32_t id : book.demands(observation.series)) {
    for (const Consumer& consumer : (*plan_.consumers)[id]) {
      if (consumer.role == Role::value) continue;
      Page& page = link_of(consumer.slo).page;
      page.touched = true;
      page.first_begin = std::min(page.first_begin, observation.when.begin);
      page.newest = std::max(page.newest, observation.when.end);
      page.went_on = page.went_on || observation.kind == Kind::continued;
      page.lost_some =
          page.lost_some || observation.kind == Kind::reset || observation.kind == Kind::baseline;
      const double events = consumer.subtracted ? -observation.events : observation.events;
      slos[consumer.slo].tracker().count(consumer.role, book.le(observation.series), events,
                                         observation.when);
    }
  }
}

/// A sample that an expression reads says, whatever its value, up to when its series is known.
void Feed::note_values(const SeriesBook& book, const SampleBatch& batch) {
  for (const BatchSample& sample : batch.samples) {
    for (const std::uint32_t id : book.demands(sample.series)) {
      if (!reads_values_[id]) continue;
      for (const Consumer& consumer : (*plan_.consumers)[id]) {
        if (consumer.role != Role::value) continue;
        Link& link = link_of(consumer.slo);
        if (sample.at <= link.newest_value) continue;
        link.newest_value = sample.at;
        link.page.touched = true;
        link.page.first_begin = link.page.newest = sample.at;
      }
    }
  }
}

void Feed::report(Instant at, std::span<SloState> slos) {
  for (Link& link : links_) {
    if (!link.is_report) continue;
    if (!link.feeds) start(link, slos[link.slo], at);
    settle(link, slos[link.slo], at);
  }
}

void Feed::record_scrape(const SeriesBook& book, const BatchResult& result,
                         std::span<SloState> slos) {
  const Instant at = result.batch.at;
  for (const Observation& observation : result.observations) count(book, observation, slos);
  if (has_values_) note_values(book, result.batch);
  report(at, slos);

  std::optional<std::vector<bool>> present;
  for (Link& link : links_) {
    if (link.is_report) continue;
    SloState& slo = slos[link.slo];
    const Page& page = link.page;
    if (page.touched) {
      if (!link.feeds) start(link, slo, page.first_begin);
      link.is_dated = page.newest < at;
      slo.record();
    }
    if (!link.feeds) {
      slo.read_without_series(at);
    } else if (timing(link) == Timing::by_reads) {
      settle(link, slo, at);
    } else if (page.touched) {
      settle(link, slo, page.newest);
    } else {
      if (!present) present = slos_in_last_batch(book);
      if (!(*present)[link.slo]) {
        series_are_gone(link, slo, at);
      } else if (at - link.accounted_to > longest_step(link)) {
        miss(link, slo, at);  // samples that stay the same for so long are none
      }
    }
    link.page = {};
  }
}

std::vector<bool> Feed::slos_in_last_batch(const SeriesBook& book) const {
  std::vector<bool> present(by_slo_.size());
  const std::vector<bool> met = book.demands_in_last_batch();
  for (std::size_t id = 0; id < met.size(); ++id) {
    if (!met[id]) continue;
    for (const Consumer& consumer : (*plan_.consumers)[id]) present[consumer.slo] = true;
  }
  return present;
}

void Feed::record_failure(Instant at, std::span<SloState> slos) {
  report(at, slos);
  for (Link& link : links_) {
    if (link.feeds && !link.is_report) miss(link, slos[link.slo], at);
  }
}

void Feed::series_are_gone(Link& link, SloState& slo, Instant at) {
  switch (plan_.options.kind.absence) {
    case Absence::no_events:
      return settle(link, slo, at);
    case Absence::nothing_known:
      return miss(link, slo, at);
  }
}

void Feed::settle(Link& link, SloState& slo, Instant until) {
  slo.evidence_until(until);
  if (until <= link.accounted_to) {
    if (!link.page.recovers()) link.missed.clear();  // what was missed stays unknown
    return;
  }
  const Interval step{link.accounted_to, until};
  if (link.missed.empty() && step.length() <= longest_step(link)) {
    slo.tracker().account(step, slo.share_of_one_source(), 0);
  } else if (!link.page.recovers()) {
    slo.tracker().account(step, 0, slo.share_of_one_source());
  } else {
    slo.tracker().account(step, 0, slo.share_of_one_source());
    slo.tracker().recover(step, slo.share_of_one_source());
    for (const MissedTime& missed : link.missed) slo.tracker().recover(missed.when, missed.share);
  }
  link.missed.clear();
  link.accounted_to = until;
}

void Feed::miss(Link& link, SloState& slo, Instant at) {
  if (at <= link.accounted_to) return;
  // Sources that join or leave meanwhile change the share of the time to come only.
  const double share = slo.share_of_one_source();
  if (link.missed.empty() || link.missed.back().share != share) {
    link.missed.push_back({{link.accounted_to, link.accounted_to}, share});
  }
  slo.tracker().account({link.accounted_to, at}, 0, share);
  slo.touch();
  link.missed.back().when.end = at;
  link.accounted_to = at;
}

std::vector<OpenGap> Feed::open_gaps(std::span<const SloState> slos) const {
  std::vector<OpenGap> gaps;
  for (const Link& link : links_) {
    if (!link.missed.empty())
      gaps.push_back({to_text(slos[link.slo].definition().id()), link.missed});
  }
  return gaps;
}

void Feed::hold_watermarks(std::span<SloState> slos) const {
  for (const Link& link : links_) {
    if (link.feeds) slos[link.slo].hold_watermark(link.accounted_to);
  }
}

}  // namespace slod
