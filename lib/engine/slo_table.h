#pragma once

#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/engine/slo_state.h"
#include "lib/slo/slo_id.h"
#include "lib/time/instant.h"

namespace slod {

/// Names one SLO of a SloTable for as long as its counts go on: through every reload that leaves
/// what it counts as it is, whichever others come and go. After that it names no SLO ever again.
struct SloHandle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  ///< of a handle that the table gave: not 0

  auto operator<=>(const SloHandle&) const = default;
};

/// All SLOs that slod knows of: those that are there, each with a handle, and those that were
/// removed, which are kept because they may come back. A look-up by handle takes O(1). References
/// hold until the next add(). Not thread-safe.
class SloTable {
 public:
  /// There must be none of its id. What is kept of a removed one of that id is dropped.
  SloHandle add(SloState slo);
  /// Puts an SLO of another id, of which there must be none, in the place of one, under its handle.
  /// What is kept of a removed one of that id is dropped.
  void rename(SloHandle slo, SloState next);
  /// Its handle is stale from now on; it is kept as removed.
  void remove(SloHandle slo, Instant at);

  /// Null where the handle is stale.
  SloState* find(SloHandle slo) { return is_there(slo) ? &*slots_[slo.slot].state : nullptr; }
  const SloState* find(SloHandle slo) const {
    return is_there(slo) ? &*slots_[slo.slot].state : nullptr;
  }
  /// For a handle that is not stale.
  SloState& operator[](SloHandle slo) {
    assert(is_there(slo));
    return *slots_[slo.slot].state;
  }
  const SloState& operator[](SloHandle slo) const {
    assert(is_there(slo));
    return *slots_[slo.slot].state;
  }
  /// nullopt where no such SLO is there.
  std::optional<SloHandle> handle(const SloId& id) const;
  /// Of all that are there, in the order in which they were added, or in that of set_order().
  const std::vector<SloHandle>& handles() const { return order_; }
  void set_order(std::vector<SloHandle> order);

  /// An SLO of which only the rows are stored: it was removed before the start.
  void add_removed(const SloId& id, Instant since);
  /// An SLO that was removed.
  struct Removed {
    Instant since;
    std::optional<SloState> state;  ///< none where it was removed before the start
  };
  /// Null where none of that id was removed, or it is back.
  Removed* removed(const SloId& id);
  std::vector<std::pair<SloId, Instant>> all_removed() const;
  /// Forgets those that were removed at `until` or before, and says which these are.
  std::vector<SloId> forget_removed(Instant until);

 private:
  struct Slot {
    std::uint32_t generation = 1;  ///< of the SLO that is there, or of the next one
    std::optional<SloState> state;
  };

  bool is_there(SloHandle slo) const {
    return slo.slot < slots_.size() && slots_[slo.slot].generation == slo.generation &&
           slots_[slo.slot].state.has_value();
  }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> unused_;  ///< slots without an SLO
  std::unordered_map<SloId, SloHandle, SloIdHash> by_id_;
  std::vector<SloHandle> order_;
  std::unordered_map<SloId, Removed, SloIdHash> removed_;
};

}  // namespace slod
