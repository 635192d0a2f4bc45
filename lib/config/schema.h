#pragma once

#include <string>
#include <vector>

namespace slod::config {

/// A JSON schema of a configuration file, for editors: made by letting the readers read a file that
/// has every key, and noting what they ask for. Two spaces for each level, one key a line.
std::string schema_text();

/// Keys that the readers ask for, but that file lacks; none, unless somebody forgot one.
std::vector<std::string> keys_without_a_schema();

/// What is wrong with that file; nothing.
std::vector<std::string> specimen_errors();

}  // namespace slod::config
