#pragma once

#include <random>
#include <string>
#include <vector>

#include "lib/state/changes.h"

namespace slod {

/// Changes of every kind, over few names and times, so that they meet each other's rows. Times are
/// whole days.
Changes random_changes(std::mt19937& random);
OutboxUpdate random_update(std::mt19937& random, const std::vector<std::string>& ids);

}  // namespace slod
