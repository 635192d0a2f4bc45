#pragma once

#include <string>
#include <vector>

namespace slod {

/// `slod check`: prints every finding of the configuration, and of the targets and servers that can
/// be reached what they say about it: selectors that match nothing, latency thresholds between two
/// buckets. A target that cannot be reached is only a note on stderr. Returns the exit code: 0, 1
/// on an error or, with `strict`, on a warning.
int check(const std::vector<std::string>& paths, bool strict, bool offline);

}  // namespace slod
