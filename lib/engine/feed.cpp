#include "lib/engine/feed.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace slod {

Feed::Feed(SourcePlan plan, const SloTable& slos) : plan_(std::move(plan)) {
  std::map<SloHandle, std::uint32_t> links;
  const auto link_of = [&](SloHandle slo, bool is_report) {
    const auto known = links.find(slo);
    if (known != links.end()) return known->second;
    links.emplace(slo, static_cast<std::uint32_t>(links_.size()));
    return add_link(slo, is_report);
  };
  for (const std::vector<Consumer>& consumers : *plan_.consumers) {
    first_use_.push_back(static_cast<std::uint32_t>(uses_.size()));
    for (const Consumer& consumer : consumers) {
      const auto slo = slos.handle(consumer.slo);
      if (slo) uses_.push_back({link_of(*slo, false), consumer.role, consumer.subtracted});
    }
  }
  first_use_.push_back(static_cast<std::uint32_t>(uses_.size()));
  for (const SloId& id : plan_.reported_to) {
    if (const auto slo = slos.handle(id)) link_of(*slo, true);
  }
  note_values_read();
}

std::uint32_t Feed::add_link(SloHandle slo, bool is_report) {
  links_.push_back({.slo = slo, .is_report = is_report});
  return static_cast<std::uint32_t>(links_.size() - 1);
}

std::span<const Feed::Use> Feed::uses(std::uint32_t demand) const {
  const std::uint32_t first = first_use_[demand];
  return std::span(uses_).subspan(first, first_use_[demand + 1] - first);
}

void Feed::note_values_read() {
  reads_values_.assign(first_use_.size() - 1, false);
  has_values_ = false;
  for (std::uint32_t id = 0; id < reads_values_.size(); ++id) {
    const bool any =
        std::ranges::any_of(uses(id), [](const Use& use) { return use.role == Role::value; });
    reads_values_[id] = any;
    has_values_ = has_values_ || any;
  }
}

void Feed::connect(SloHandle slo, std::uint32_t demand, Role role, bool subtracted) {
  const auto known = std::ranges::find(links_, slo, &Link::slo);
  const std::uint32_t link = known == links_.end()
                                 ? add_link(slo, false)
                                 : static_cast<std::uint32_t>(known - links_.begin());
  const auto end = uses_.begin() + static_cast<std::ptrdiff_t>(first_use_[demand + 1]);
  uses_.insert(end, {link, role, subtracted});
  for (std::size_t id = demand + 1; id < first_use_.size(); ++id) ++first_use_[id];
  note_values_read();
}

void Feed::disconnect(SloHandle slo) {
  const auto gone = std::ranges::find(links_, slo, &Link::slo);
  if (gone == links_.end()) return;
  const auto link = static_cast<std::uint32_t>(gone - links_.begin());
  std::vector<Use> kept;
  std::uint32_t first = 0;
  for (std::size_t id = 0; id + 1 < first_use_.size(); ++id) {
    const std::uint32_t end = first_use_[id + 1];
    first_use_[id] = static_cast<std::uint32_t>(kept.size());
    for (; first < end; ++first) {
      Use use = uses_[first];
      if (use.link == link) continue;
      if (use.link > link) --use.link;
      kept.push_back(use);
    }
  }
  first_use_.back() = static_cast<std::uint32_t>(kept.size());
  uses_ = std::move(kept);
  links_.erase(gone);
  note_values_read();
}

Timing Feed::timing(const Link& link) const {
  return link.is_dated ? Timing::by_samples : plan_.options.kind.timing;
}

Duration Feed::longest_step(const Link& link) const {
  return slod::longest_step(timing(link), plan_.options.interval);
}

void Feed::restore(const SeriesBook& book, std::span<const OpenGap> gaps, SloTable& slos) {
  if (!book.last_batch()) return;
  const std::vector<bool> met = book.demands_met();
  for (std::uint32_t id = 0; id < met.size(); ++id) {
    if (!met[id]) continue;
    for (const Use& use : uses(id)) {
      // What an expression read before the restart is no longer known.
      if (use.role == Role::value) continue;
      Link& link = links_[use.link];
      SloState& slo = slos[link.slo];
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

void Feed::continue_from(const Feed& before, SloTable& slos) {
  std::map<SloHandle, const Link*> fed;
  for (const Link& link : before.links_) {
    if (link.feeds) fed.emplace(link.slo, &link);
  }
  for (Link& link : links_) {
    const auto old = fed.find(link.slo);
    if (old == fed.end()) continue;
    const bool is_report = link.is_report;
    link = *old->second;
    link.is_report = is_report;
    slos[link.slo].fed_by_one_more();
  }
}

void Feed::count(const SeriesBook& book, const Observation& observation, SloTable& slos) {
  using Kind = Observation::Kind;
  for (const std::uint32_t id : book.demands(observation.series)) {
    for (const Use& use : uses(id)) {
      if (use.role == Role::value) continue;
      Link& link = links_[use.link];
      Page& page = link.page;
      page.touched = true;
      page.first_begin = std::min(page.first_begin, observation.when.begin);
      page.newest = std::max(page.newest, observation.when.end);
      page.went_on = page.went_on || observation.kind == Kind::continued;
      page.lost_some =
          page.lost_some || observation.kind == Kind::reset || observation.kind == Kind::baseline;
      const double events = use.subtracted ? -observation.events : observation.events;
      slos[link.slo].tracker().count(use.role, book.le(observation.series), events,
                                     observation.when);
    }
  }
}

void Feed::doubt(const SeriesBook& book, const DoubtfulEvents& events, SloTable& slos) {
  for (const std::uint32_t id : book.demands(events.series)) {
    for (const Use& use : uses(id)) {
      if (use.role == Role::value) continue;
      slos[links_[use.link].slo].tracker().doubt(plan_.name, use.role, book.le(events.series),
                                                 use.subtracted, events);
    }
  }
}

/// Corrects what earlier scrapes counted.
void Feed::take_back(const SeriesBook& book, const BatchResult& result, SloTable& slos) {
  for (const TakenBackEvents& events : result.taken_back) {
    for (const std::uint32_t id : book.demands(events.series)) {
      for (const Use& use : uses(id)) {
        if (use.role == Role::value) continue;
        SloState& slo = slos[links_[use.link].slo];
        slo.tracker().count(use.role, book.le(events.series),
                            use.subtracted ? events.events : -events.events, events.when);
        slo.record();
      }
    }
  }
}

/// A sample that an expression reads says, whatever its value, up to when its series is known.
void Feed::note_values(const SeriesBook& book, const SampleBatch& batch) {
  for (const BatchSample& sample : batch.samples) {
    for (const std::uint32_t id : book.demands(sample.series)) {
      if (!reads_values_[id]) continue;
      for (const Use& use : uses(id)) {
        if (use.role != Role::value) continue;
        Link& link = links_[use.link];
        if (sample.at <= link.newest_value) continue;
        link.newest_value = sample.at;
        link.page.touched = true;
        link.page.first_begin = link.page.newest = sample.at;
      }
    }
  }
}

void Feed::report(Instant at, SloTable& slos) {
  for (Link& link : links_) {
    if (!link.is_report) continue;
    if (!link.feeds) start(link, slos[link.slo], at);
    settle(link, slos[link.slo], at);
  }
}

void Feed::record_scrape(const SeriesBook& book, const BatchResult& result, SloTable& slos) {
  const Instant at = result.batch.at;
  take_back(book, result, slos);
  if (result.is_shared_address) return record_failure(at, slos);
  for (const Observation& observation : result.observations) count(book, observation, slos);
  for (const DoubtfulEvents& events : result.doubts) doubt(book, events, slos);
  if (has_values_) note_values(book, result.batch);
  report(at, slos);

  std::optional<std::vector<bool>> present;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    Link& link = links_[i];
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
    } else if (!page.touched && result.too_far_ahead > 0) {
      miss(link, slo, at);  // samples of a time that has not come say nothing
    } else if (timing(link) == Timing::by_reads) {
      settle(link, slo, at);
    } else if (page.touched) {
      settle(link, slo, std::min(page.newest, at));
    } else {
      if (!present) present = links_in_last_batch(book);
      if (!(*present)[i]) {
        series_are_gone(link, slo, at);
      } else if (plan_.options.kind.timing == Timing::by_reads) {
        timestamps_stand(link, slo, at);
      } else if (at - link.accounted_to > longest_step(link)) {
        miss(link, slo, at);  // samples that stay the same for this long are none
      }
    }
    link.page = {};
  }
}

std::vector<bool> Feed::links_in_last_batch(const SeriesBook& book) const {
  std::vector<bool> present(links_.size());
  const std::vector<bool> met = book.demands_in_last_batch();
  for (std::uint32_t id = 0; id < met.size(); ++id) {
    if (!met[id]) continue;
    for (const Use& use : uses(id)) present[use.link] = true;
  }
  return present;
}

void Feed::record_failure(Instant at, SloTable& slos) {
  report(at, slos);
  for (Link& link : links_) {
    if (link.feeds && !link.is_report) miss(link, slos[link.slo], at);
  }
}

/// A target was read whose timestamps have not moved on: its counters stand where they stood. Where
/// slices are judged, what it may yet say of the time before is waited for.
void Feed::timestamps_stand(Link& link, SloState& slo, Instant at) {
  constexpr Duration usual_wait = std::chrono::minutes(2);
  const Duration wait =
      slo.definition().slice() ? std::max(usual_wait, plan_.options.interval) : Duration::zero();
  link.page.went_on = true;
  if (at - wait > link.accounted_to) settle(link, slo, at - wait);
  slo.evidence_until(at);
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

std::vector<OpenGap> Feed::open_gaps(const SloTable& slos) const {
  std::vector<OpenGap> gaps;
  for (const Link& link : links_) {
    if (!link.missed.empty())
      gaps.push_back({to_text(slos[link.slo].definition().id()), link.missed});
  }
  return gaps;
}

void Feed::explain_missing(const std::string& why, SloTable& slos) const {
  for (const Use& use : uses_) {
    // What an expression read says so itself, once its slice was judged.
    if (use.role == Role::value && why.empty()) continue;
    slos[links_[use.link].slo].explain_missing(why);
  }
}

void Feed::hold_watermarks(SloTable& slos) const {
  for (const Link& link : links_) {
    if (link.feeds) slos[link.slo].hold_watermark(link.accounted_to);
  }
}

}  // namespace slod
