#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "lib/state/changes.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// What was brought back, and by how much.
struct BroughtBack {
  /// State that is ahead by no more than this is brought back as well, but is nothing to speak of:
  /// slod's own clock may run ahead of the system's for a while.
  static constexpr Duration tolerance = std::chrono::minutes(1);

  Changes changes;              ///< what is to be stored in place of what is stored
  Duration ahead{};             ///< of the newest time that was after `now`; zero: none was
  std::size_t slos = 0;         ///< whose counts were after `now`
  std::size_t ledger_rows = 0;  ///< of them, which became one each
  std::size_t episodes = 0;     ///< and alerts of rules

  bool is_error() const { return ahead > tolerance; }
};

/// Brings what was stored while slod's clock was ahead back to `now`, so that slod goes on at once
/// and not only when that time has come. No count is lost: what a ledger counted after `now` was
/// counted by `now`. Its time is cut to the time that there was. The counters of sources are not
/// looked at: see SeriesBook::bring_back.
BroughtBack bring_back(Restored& restored, std::vector<OutboxRow>& pending, Instant now);

}  // namespace slod
