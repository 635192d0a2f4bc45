#pragma once

#include <expected>
#include <vector>

#include "daemon/net/fetch.h"

namespace slod {

/// Makes requests at the same time and waits for all of them: for commands that have no loop of
/// their own. The answers come in the order of the requests.
std::vector<std::expected<Reply, FetchError>> fetch_all(std::vector<Fetch> requests);

}  // namespace slod
