#include "lib/engine/slo_table.h"

#include <algorithm>

namespace slod {

SloHandle SloTable::add(SloState slo) {
  SloId id = slo.definition().id();
  assert(!by_id_.contains(id));
  removed_.erase(id);
  if (unused_.empty()) {
    unused_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t at = unused_.back();
  unused_.pop_back();
  slots_[at].state.emplace(std::move(slo));
  const SloHandle handle{at, slots_[at].generation};
  by_id_.emplace(std::move(id), handle);
  order_.push_back(handle);
  return handle;
}

void SloTable::rename(SloHandle slo, SloState next) {
  assert(is_there(slo));
  SloState& state = *slots_[slo.slot].state;
  SloId id = next.definition().id();
  assert(!by_id_.contains(id));
  by_id_.erase(state.definition().id());
  removed_.erase(id);
  by_id_.emplace(std::move(id), slo);
  state = std::move(next);
}

void SloTable::remove(SloHandle slo, Instant at) {
  assert(is_there(slo));
  Slot& slot = slots_[slo.slot];
  SloId id = slot.state->definition().id();
  by_id_.erase(id);
  std::erase(order_, slo);
  removed_.insert_or_assign(std::move(id), Removed{at, std::move(slot.state)});
  slot.state.reset();
  ++slot.generation;
  unused_.push_back(slo.slot);
}

std::optional<SloHandle> SloTable::handle(const SloId& id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

void SloTable::set_order(std::vector<SloHandle> order) {
  assert(std::ranges::is_permutation(order, order_));
  order_ = std::move(order);
}

void SloTable::add_removed(const SloId& id, Instant since) {
  assert(!by_id_.contains(id));
  removed_.insert_or_assign(id, Removed{since, std::nullopt});
}

SloTable::Removed* SloTable::removed(const SloId& id) {
  const auto found = removed_.find(id);
  return found == removed_.end() ? nullptr : &found->second;
}

std::vector<std::pair<SloId, Instant>> SloTable::all_removed() const {
  std::vector<std::pair<SloId, Instant>> all;
  all.reserve(removed_.size());
  for (const auto& [id, removed] : removed_) all.emplace_back(id, removed.since);
  return all;
}

std::vector<SloId> SloTable::forget_removed(Instant until) {
  std::vector<SloId> forgotten;
  std::erase_if(removed_, [&](const auto& removed) {
    if (removed.second.since > until) return false;
    forgotten.push_back(removed.first);
    return true;
  });
  return forgotten;
}

}  // namespace slod
