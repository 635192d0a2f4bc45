#pragma once

#include <expected>
#include <string>
#include <vector>

#include "lib/config/load.h"

namespace slod {

/// Reads a configuration from the files and directories `paths` name. Of a directory, every *.yaml
/// and *.yml file counts, in the order of their names, without its subdirectories. A path that
/// cannot be read is a diagnostic of its own, so that all findings come together.
config::LoadResult load_configuration(const std::vector<std::string>& paths);

}  // namespace slod
