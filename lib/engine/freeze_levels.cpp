#include "lib/engine/freeze_levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "lib/freeze/verdict.h"

namespace slod {
namespace {

std::string level_reason(const freeze::Verdict& verdict) {
  for (const freeze::Reason& reason : verdict.reasons) {
    if (reason.kind != freeze::ReasonKind::budget_left) return reason.message;
  }
  return fmt::format("the error budgets of {} have recovered", verdict.service);
}

}  // namespace

void FreezeLevels::reconfigure(const std::vector<config::Service>& services, Instant now) {
  std::set<std::string_view> names;
  for (const config::Service& service : services) {
    names.insert(service.name);
    levels_.try_emplace(service.name, Known{.standing = {freeze::Level::open, now}});
  }
  std::erase_if(levels_, [&](const auto& level) { return !names.contains(level.first); });
}

void FreezeLevels::restore(const std::vector<Keyed<freeze::Standing>>& levels) {
  for (const Keyed<freeze::Standing>& level : levels) {
    const auto known = levels_.find(level.key);
    if (known != levels_.end() && level.value) known->second = {*level.value, false};
  }
}

const freeze::Standing& FreezeLevels::of(const std::string& service) const {
  return levels_.at(service).standing;
}

void FreezeLevels::move(Snapshot& snapshot) {
  const Instant now = snapshot.at;
  for (ServiceSnapshot& service : snapshot.services) {
    Known& known = levels_.at(service.name);
    const freeze::Level level = freeze::service_level(service.evidence, now);
    if (level == known.standing.level) continue;
    const freeze::Verdict verdict = freeze::verdict(service.name, freeze::Change::feature,
                                                    service.evidence, snapshot.policy, now, now);
    verdicts_.push_back({now, service.name, std::string(freeze::to_string(known.standing.level)),
                         std::string(freeze::to_string(level)), level_reason(verdict)});
    known = {{level, now}, true};
    service.level = level;
    service.since = now;
  }
}

void FreezeLevels::take_into(Changes& changes) {
  std::ranges::move(std::exchange(verdicts_, {}), std::back_inserter(changes.verdicts));
  for (auto& [service, level] : levels_) {
    if (!std::exchange(level.changed, false)) continue;
    changes.remembered.levels.push_back({service, level.standing});
  }
}

}  // namespace slod
