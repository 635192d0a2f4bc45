#pragma once

#include <filesystem>
#include <string>

namespace slod {

/// Runs SQL on a file that no database has open.
void execute(const std::filesystem::path& file, const std::string& sql);

}  // namespace slod
