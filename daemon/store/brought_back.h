#pragma once

#include <expected>
#include <string>
#include <vector>

#include "lib/state/changes.h"
#include "lib/state/database.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// State from the future, which slod stored while its clock was ahead, is set aside with an error
/// in the log: what was loaded, and what is in the database, becomes state of `now`. Error: the
/// database could not be written.
std::expected<void, std::string> bring_state_back(Database& database, Restored& restored,
                                                  std::vector<OutboxRow>& pending, Instant now);

}  // namespace slod
