#include "lib/engine/source_feeds.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "lib/series/source_clock.h"

namespace slod {
namespace {

/// The plan of what slod says itself: nothing is scraped for it.
SourcePlan own_plan(const Plan& plan) {
  static const auto no_demand = std::make_shared<const Demand>(std::vector<promql::Selector>{});
  static const auto no_consumers = std::make_shared<const std::vector<std::vector<Consumer>>>();
  SourcePlan own;
  own.demand = no_demand;
  own.consumers = no_consumers;
  own.reported_to = plan.own_only;
  return own;
}

/// Where `demand` has what is demanded; nullopt where it has it not.
std::vector<std::optional<std::uint32_t>> ids_of(const std::vector<Demanded>& demanded,
                                                 const Demand& demand) {
  std::map<std::string, std::uint32_t> id_of;
  for (const promql::Selector& selector : demand.selectors()) {
    id_of.emplace(selector.text(), static_cast<std::uint32_t>(id_of.size()));
  }
  std::vector<std::optional<std::uint32_t>> ids;
  for (const Demanded& each : demanded) {
    const auto found = id_of.find(each.selector.text());
    ids.push_back(found == id_of.end() ? std::nullopt : std::optional(found->second));
  }
  return ids;
}

}  // namespace

void SourceFeeds::reconfigure(const Plan& plan, SloTable& slos) {
  const std::map<std::string, Feed> before = std::exchange(feeds_, {});
  for (const SourcePlan& source : plan.sources) {
    Feed& feed = feeds_.try_emplace(source.name, source, slos).first->second;
    const auto old = before.find(source.name);
    if (old != before.end()) feed.continue_from(old->second, slos);
  }
  for (const auto& [name, feed] : before) {
    if (!feeds_.contains(name)) forgotten_.push_back(name);
  }
  std::erase_if(changed_, [this](const auto& change) { return !feeds_.contains(change.first); });

  const std::optional<Feed> own_before = std::exchange(own_, std::nullopt);
  if (plan.own_only.empty()) return;
  own_.emplace(own_plan(plan), slos);
  if (own_before) own_->continue_from(*own_before, slos);
}

void SourceFeeds::restore(std::vector<SourceChange> sources,
                          const std::vector<Keyed<std::vector<OpenGap>>>& open_gaps,
                          std::map<std::string, std::string> new_names) {
  stored_gaps_.restore(open_gaps);
  new_names_ = std::move(new_names);
  for (SourceChange& source : sources) {
    if (feeds_.contains(source.source)) {
      restored_.emplace(source.source, std::move(source));
    } else {
      forgotten_.push_back(std::move(source.source));
    }
  }
}

const SourceChange* SourceFeeds::restored_source(const std::string& name) const {
  const auto found = restored_.find(name);
  return found == restored_.end() ? nullptr : &found->second;
}

void SourceFeeds::restore_book(const std::string& source, const SeriesBook& book, SloTable& slos) {
  const auto feed = feeds_.find(source);
  if (feed == feeds_.end()) return;
  const std::vector<OpenGap>* stored = stored_gaps_.find(source);
  std::vector<OpenGap> gaps = stored ? *stored : std::vector<OpenGap>();
  for (OpenGap& gap : gaps) {
    const auto renamed = new_names_.find(gap.slo);
    if (renamed != new_names_.end()) gap.slo = renamed->second;
  }
  feed->second.restore(book, gaps, slos);
}

const SourcePlan* SourceFeeds::plan_of(const std::string& source) const {
  const auto found = feeds_.find(source);
  return found == feeds_.end() ? nullptr : &found->second.plan();
}

void SourceFeeds::record_scrape(const std::string& source, const SeriesBook& book,
                                const BatchResult& result, SourceChange change, SloTable& slos) {
  Feed& feed = feeds_.at(source);
  feed.record_scrape(book, result, slos);
  std::string why = clock_finding(source, result.clock_skew);
  if (result.is_shared_address) why = shared_address_problem;
  feed.explain_missing(why, slos);
  SourceChange& pending = changed_[source];
  if (!change.series) change.series = std::move(pending.series);
  pending = std::move(change);
}

void SourceFeeds::record_failure(const std::string& source, const std::string& why, Instant at,
                                 SloTable& slos) {
  Feed& feed = feeds_.at(source);
  feed.record_failure(at, slos);
  feed.explain_missing(why, slos);
}

void SourceFeeds::report_own(Instant at, SloTable& slos) {
  if (own_) own_->report(at, slos);
}

void SourceFeeds::hold_watermarks(SloTable& slos) const {
  for (const auto& [name, feed] : feeds_) feed.hold_watermarks(slos);
  if (own_) own_->hold_watermarks(slos);
}

void SourceFeeds::connect(SloHandle slo, const SloDefinition& definition) {
  const std::vector<Demanded> demanded = demands(definition.sli);
  std::map<const Demand*, std::vector<std::optional<std::uint32_t>>> ids;  // many share a demand
  for (auto& [name, feed] : feeds_) {
    const Demand* demand = feed.plan().demand.get();
    const auto [known, is_new] = ids.try_emplace(demand);
    if (is_new) known->second = ids_of(demanded, *demand);
    for (std::size_t i = 0; i < demanded.size(); ++i) {
      const auto id = known->second[i];
      if (id) feed.connect(slo, *id, demanded[i].role, demanded[i].subtracted);
    }
  }
}

void SourceFeeds::disconnect(SloHandle slo) {
  for (auto& [name, feed] : feeds_) feed.disconnect(slo);
  if (own_) own_->disconnect(slo);
}

void SourceFeeds::take_into(Changes& changes, const SloTable& slos) {
  for (auto& [name, change] : std::exchange(changed_, {})) {
    changes.sources.push_back(std::move(change));
  }
  std::ranges::move(std::exchange(forgotten_, {}), std::back_inserter(changes.sources_forgotten));
  std::map<std::string, std::vector<OpenGap>> open;
  for (const auto& [name, feed] : feeds_) {
    std::vector<OpenGap> gaps = feed.open_gaps(slos);
    if (!gaps.empty()) open.emplace(name, std::move(gaps));
  }
  stored_gaps_.take_difference(open, changes.remembered.open_gaps);
}

}  // namespace slod
