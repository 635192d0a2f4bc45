#include "lib/engine/rule_groups.h"

#include <algorithm>
#include <utility>

#include "lib/engine/rule_reach.h"
#include "lib/hash/fnv.h"

namespace slod {
namespace {

constexpr int tries_least = 2;  // before there is a rate

bool is_same_rule(const rules::Rule& a, const rules::Rule& b) {
  return a.alert == b.alert && a.record == b.record && a.labels == b.labels;
}

bool ask_the_same(const rules::Group& a, const rules::Group& b) {
  return std::ranges::equal(a.rules, b.rules, {}, &rules::Rule::expr, &rules::Rule::expr);
}

std::vector<rules::StoredAlert> stored_alerts(const rules::Group& group,
                                              const rules::GroupState& state) {
  std::vector<rules::StoredAlert> out;
  for (std::size_t i = 0; i < state.rules.size(); ++i) {
    for (const rules::AlertStatus& alert : state.rules[i].status.alerts) {
      out.push_back(rules::stored_alert(group, group.rules[i], alert));
    }
  }
  return out;
}

std::shared_ptr<const rules::GroupStatus> status_of(
    const std::shared_ptr<const rules::Group>& group, const rules::GroupState& state) {
  auto status = std::make_shared<rules::GroupStatus>();
  status->group = group;
  status->evaluation_seconds = state.evaluation_seconds;
  status->last_evaluation = state.last_evaluation;
  for (const rules::RuleState& rule : state.rules) status->rules.push_back(rule.status);
  return status;
}

}  // namespace

Instant evaluation_slot(const rules::Group& group, Instant at) {
  const Duration offset{static_cast<Duration::rep>(
      fnv_hash(group.id()) % static_cast<std::uint64_t>(group.interval.count()))};
  const Duration since = at.time_since_epoch() - offset - Duration(1);
  return Instant(offset + (floor_divided(since, group.interval) + 1) * group.interval);
}

RuleGroups::Dropped RuleGroups::configure(Groups groups, const std::vector<std::string>& sources,
                                          Instant now) {
  std::vector<Entry> before = std::exchange(entries_, {});
  for (Entry& entry : before) entry.is_matched = false;
  groups_ = std::move(groups);
  configured_at_ = now;
  tries_.clear();
  for (const std::string& source : sources) tries_[source] = 0;
  for (const auto& group : groups_) {
    Entry& entry = entries_.emplace_back();
    entry.group = group;
    entry.state.rules.resize(group->rules.size());
    entry.next = evaluation_slot(*group, now);
  }
  // First the groups that are where they were, then those whose file has another name.
  for (Entry& entry : entries_) match(entry, before, false, now);
  for (Entry& entry : entries_) match(entry, before, true, now);
  publish();
  Dropped dropped;
  for (Entry& old : before) {
    std::ranges::move(stored_alerts(*old.group, old.state), std::back_inserter(dropped.alerts));
    for (rules::RuleState& rule : old.state.rules) {
      std::ranges::move(rule.series, std::back_inserter(dropped.series));
    }
  }
  return dropped;
}

void RuleGroups::match(Entry& entry, std::vector<Entry>& before, bool by_name, Instant now) {
  if (entry.is_matched) return;
  const auto old = std::ranges::find_if(before, [&](const Entry& candidate) {
    return !candidate.is_matched && (by_name ? candidate.group->name == entry.group->name
                                             : candidate.group->id() == entry.group->id());
  });
  if (old == before.end()) return;
  old->is_matched = true;
  continue_from(entry, *old, now);
  entry.is_matched = true;
}

/// Leaves to `before` what no rule asks for now.
void RuleGroups::continue_from(Entry& entry, Entry& before, Instant now) {
  const rules::Group& group = *entry.group;
  entry.state.last_evaluation = before.state.last_evaluation;
  entry.state.evaluation_seconds = before.state.evaluation_seconds;
  entry.state.down_at = before.state.down_at;
  entry.waits = before.waits || !ask_the_same(group, *before.group);
  std::vector<bool> taken(before.state.rules.size());
  for (std::size_t i = 0; i < group.rules.size(); ++i) {
    for (std::size_t j = 0; j < taken.size(); ++j) {
      const rules::Rule& old = before.group->rules[j];
      if (taken[j] || !is_same_rule(group.rules[i], old)) continue;
      taken[j] = true;
      rules::RuleState& state = entry.state.rules[i];
      state = std::exchange(before.state.rules[j], {});
      if (old.expr == group.rules[i].expr) break;
      for (rules::AlertStatus& alert : state.status.alerts) {
        hold(group, group.rules[i], alert, now);
      }
      break;
    }
  }
}

/// Until there are samples enough to say that it is over.
void RuleGroups::hold(const rules::Group& group, const rules::Rule& rule, rules::AlertStatus& alert,
                      Instant now) const {
  const Duration gathering = std::min(samples_needed(rule, groups_), held_most);
  alert.held_until = now + gathering + 2 * group.interval;
}

RuleGroups::Entry* RuleGroups::entry_of(const rules::StoredAlert& stored) {
  Entry* by_name = nullptr;
  for (Entry& entry : entries_) {
    if (entry.group->name != stored.group) continue;
    if (entry.group->file == stored.file) return &entry;
    if (by_name == nullptr) by_name = &entry;
  }
  return by_name;
}

bool RuleGroups::restore(const rules::StoredAlert& stored, Instant down_at, Instant now) {
  Entry* entry = entry_of(stored);
  if (entry == nullptr) return false;
  const rules::Group& group = *entry->group;
  for (std::size_t i = 0; i < group.rules.size(); ++i) {
    if (!stored.is_of(group.rules[i])) continue;
    auto& alerts = entry->state.rules[i].status.alerts;
    const bool has_twin =
        std::any_of(group.rules.begin() + static_cast<std::ptrdiff_t>(i) + 1, group.rules.end(),
                    [&stored](const rules::Rule& rule) { return stored.is_of(rule); });
    if (has_twin && std::ranges::find(alerts, stored.alert.labels, &rules::AlertStatus::labels) !=
                        alerts.end()) {
      continue;  // it is the twin's
    }
    alerts.push_back(stored.alert);
    hold(group, group.rules[i], alerts.back(), now);
    entry->state.down_at = std::max(entry->state.down_at.value_or(down_at), down_at);
    return true;
  }
  return false;
}

void RuleGroups::tried(const std::string& source) {
  if (const auto found = tries_.find(source); found != tries_.end()) ++found->second;
}

bool RuleGroups::sources_were_tried(Instant now) const {
  if (now - configured_at_ >= wait_most || now < configured_at_) return true;
  return std::ranges::all_of(tries_, [](const auto& each) { return each.second >= tries_least; });
}

std::vector<RuleGroups::Due> RuleGroups::take_due(Instant now) {
  std::vector<Due> due;
  const bool were_tried = sources_were_tried(now);
  for (Entry& entry : entries_) {
    const Duration interval = entry.group->interval;
    if (entry.waits) {
      if (!were_tried) continue;
      entry.waits = false;
      entry.next = std::max(entry.next, evaluation_slot(*entry.group, now - interval));
    }
    if (entry.next > now + interval) entry.next = evaluation_slot(*entry.group, now);  // set back
    if (entry.is_out || entry.next > now) continue;
    const std::int64_t late = (now - entry.next) / interval;
    figures_.missed += static_cast<std::uint64_t>(late);
    const Instant at = entry.next + late * interval;
    entry.next = at + interval;
    entry.is_out = true;
    due.push_back({entry.group, at, entry.state});
  }
  return due;
}

bool RuleGroups::apply(const std::shared_ptr<const rules::Group>& group, rules::GroupState state) {
  const auto entry = std::ranges::find(entries_, group, &Entry::group);
  if (entry == entries_.end()) return false;
  entry->is_out = false;
  entry->state = std::move(state);
  for (const rules::RuleState& rule : entry->state.rules) {
    if (rule.status.health == rules::Health::error) ++figures_.failures;
  }
  statuses_[static_cast<std::size_t>(entry - entries_.begin())] = status_of(group, entry->state);
  return true;
}

void RuleGroups::fail(const std::shared_ptr<const rules::Group>& group) {
  const auto entry = std::ranges::find(entries_, group, &Entry::group);
  if (entry == entries_.end()) return;
  entry->is_out = false;
  figures_.failures += group->rules.size();
}

void RuleGroups::publish() {
  statuses_.clear();
  for (const Entry& entry : entries_) statuses_.push_back(status_of(entry.group, entry.state));
}

std::vector<RuleGroups::ActiveAlert> RuleGroups::active() const {
  std::vector<ActiveAlert> out;
  for (const Entry& entry : entries_) {
    const Instant evaluated = entry.state.last_evaluation.value_or(configured_at_);
    for (rules::StoredAlert& stored : stored_alerts(*entry.group, entry.state)) {
      if (stored.alert.state == rules::AlertState::inactive) continue;
      out.push_back({std::move(stored), evaluated});
    }
  }
  return out;
}

std::map<std::string, Instant> RuleGroups::marks() const {
  std::map<std::string, Instant> marks;
  for (const Entry& entry : entries_) {
    const bool has_alerts = std::ranges::any_of(
        entry.state.rules,
        [](const rules::RuleState& rule) { return !rule.status.alerts.empty(); });
    const auto& at = entry.state.down_at ? entry.state.down_at : entry.state.last_evaluation;
    if (has_alerts && at) marks.emplace(entry.group->id(), *at);
  }
  return marks;
}

}  // namespace slod
