#include "lib/engine/feed.h"

#include <algorithm>
#include <utility>

namespace slod {
namespace {

/// Prometheus's lookback: a federated series whose target is gone disappears after this long.
constexpr Duration federation_lookback = std::chrono::minutes(5);

}  // namespace

Feed::Feed(SourcePlan plan) : plan_(std::move(plan)) {
  for (const auto& consumers : *plan_.consumers) {
    for (const Consumer& consumer : consumers) {
      if (by_slo_.size() <= consumer.slo) by_slo_.resize(consumer.slo + 1, -1);
      if (by_slo_[consumer.slo] >= 0) continue;
      by_slo_[consumer.slo] = static_cast<std::int32_t>(links_.size());
      links_.push_back({.slo = consumer.slo});
    }
  }
}

Feed::Link& Feed::link_of(std::uint32_t slo) {
  return links_[static_cast<std::size_t>(by_slo_[slo])];
}

Duration Feed::longest_step() const {
  const Duration two_and_a_half = plan_.options.interval * 5 / 2;
  return plan_.options.is_federation ? std::max(federation_lookback, two_and_a_half)
                                     : two_and_a_half;
}

void Feed::restore(const SourceReader& reader, std::span<SloState> slos) {
  if (!reader.last_read()) return;
  const std::vector<bool> met = reader.demands_met();
  for (std::size_t id = 0; id < met.size(); ++id) {
    if (!met[id]) continue;
    for (const Consumer& consumer : (*plan_.consumers)[id]) {
      Link& link = link_of(consumer.slo);
      if (link.feeds) continue;
      link.feeds = true;
      link.accounted_to = *reader.last_read();
      slos[consumer.slo].fed_by_one_more(link.accounted_to);
    }
  }
}

void Feed::continue_from(const Feed& before, std::span<const std::optional<std::uint32_t>> moved,
                         std::span<SloState> slos) {
  for (const Link& old : before.links_) {
    if (!old.feeds || !moved[old.slo]) continue;
    const std::uint32_t slo = *moved[old.slo];
    if (slo >= by_slo_.size() || by_slo_[slo] < 0) continue;
    Link& link = link_of(slo);
    link = old;
    link.slo = slo;
    slos[slo].fed_by_one_more(std::nullopt);
  }
}

void Feed::count(const SourceReader& reader, const Observation& observation,
                 std::span<SloState> slos) {
  using Kind = Observation::Kind;
  const Series& series = reader.series(observation.series);
  for (const std::uint32_t id : series.demands) {
    for (const Consumer& consumer : (*plan_.consumers)[id]) {
      Link& link = link_of(consumer.slo);
      if (!link.touched) {
        link.touched = true;
        link.went_on = false;
        link.began_anew = false;
        link.first_begin = observation.when.begin;
        link.newest = observation.when.end;
      }
      link.first_begin = std::min(link.first_begin, observation.when.begin);
      link.newest = std::max(link.newest, observation.when.end);
      link.went_on = link.went_on || observation.kind == Kind::continued;
      link.began_anew =
          link.began_anew || observation.kind == Kind::reset || observation.kind == Kind::baseline;
      slos[consumer.slo].tracker().count(consumer.role, series.le, observation.events,
                                         observation.when);
    }
  }
}

void Feed::read(const SourceReader& reader, const Read& read, Instant at,
                std::span<SloState> slos) {
  for (const Observation& observation : read.observations) count(reader, observation, slos);

  std::optional<std::vector<bool>> present;
  for (Link& link : links_) {
    SloState& slo = slos[link.slo];
    if (link.touched) {
      if (!link.feeds) {
        link.feeds = true;
        link.accounted_to = link.first_begin;
        slo.begin(link.first_begin);
        slo.fed_by_one_more(std::nullopt);
      }
      slo.record();
    }
    if (!link.feeds) {
      slo.read_without_series(at);
      continue;
    }
    if (!plan_.options.is_federation) {
      settle(link, slo, at);
    } else if (link.touched) {
      settle(link, slo, link.newest);
    } else {
      // A server that answers while an SLO's series are gone tells nothing about the SLO.
      if (!present) present = slos_on_last_page(reader);
      if (!(*present)[link.slo]) miss(link, slo, at);
    }
    link.touched = false;
  }
}

std::vector<bool> Feed::slos_on_last_page(const SourceReader& reader) const {
  std::vector<bool> present(by_slo_.size());
  const std::vector<bool> met = reader.demands_on_last_page();
  for (std::size_t id = 0; id < met.size(); ++id) {
    if (!met[id]) continue;
    for (const Consumer& consumer : (*plan_.consumers)[id]) present[consumer.slo] = true;
  }
  return present;
}

void Feed::failed(Instant at, std::span<SloState> slos) {
  for (Link& link : links_) {
    if (link.feeds) miss(link, slos[link.slo], at);
  }
}

void Feed::settle(Link& link, SloState& slo, Instant until) {
  slo.evidence_until(until);
  if (until <= link.accounted_to) return;
  const Interval step{link.accounted_to, until};
  if (link.gap.empty() && step.length() <= longest_step()) {
    slo.tracker().account(step, slo.share_of_one_source(), 0);
  } else if (!link.touched || link.began_anew || !link.went_on) {
    slo.tracker().account(step, 0, slo.share_of_one_source());
  } else {
    for (const auto& [when, share] : link.gap) slo.tracker().recover(when, share);
  }
  link.gap.clear();
  link.accounted_to = until;
}

void Feed::miss(Link& link, SloState& slo, Instant at) {
  if (at <= link.accounted_to) return;
  const Interval step{link.accounted_to, at};
  const double share = slo.share_of_one_source();
  slo.tracker().account(step, 0, share);
  slo.touch();
  // The share changes when a source joins meanwhile; what is taken back must be what was reported.
  if (!link.gap.empty() && link.gap.back().second == share) {
    link.gap.back().first.end = at;
  } else {
    link.gap.emplace_back(step, share);
  }
  link.accounted_to = at;
}

void Feed::hold_watermarks(std::span<SloState> slos) const {
  for (const Link& link : links_) {
    if (link.feeds) slos[link.slo].hold_watermark(link.accounted_to);
  }
}

}  // namespace slod
