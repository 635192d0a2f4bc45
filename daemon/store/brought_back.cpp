#include "daemon/store/brought_back.h"

#include "daemon/log/log.h"
#include "lib/state/future_state.h"

namespace slod {

std::expected<void, std::string> bring_state_back(Database& database, Restored& restored,
                                                  std::vector<OutboxRow>& pending, Instant now) {
  const BroughtBack back = bring_back(restored, pending, now);
  if (back.ahead <= Duration::zero()) return {};
  if (auto stored = database.commit(back.changes); !stored) return stored;
  if (!back.is_error()) return {};
  if (auto removed = database.remove_history_after(now); !removed) return removed;
  log::error(
      "the stored state is from the future, so the clock was ahead when slod stored it; budgets "
      "are kept, what is after now counts as of now, and slod goes on",
      {{"newest", format_instant(now + back.ahead)},
       {"ahead", format_duration(std::chrono::round<std::chrono::seconds>(back.ahead))},
       {"slos", back.slos},
       {"ledger_rows", back.ledger_rows},
       {"episodes", back.episodes}});
  return {};
}

}  // namespace slod
