#pragma once

#include <filesystem>
#include <string>

namespace slod {

/// Runs SQL on a file that no database has open.
void execute(const std::filesystem::path& file, const std::string& sql);

/// Makes a state file what the version before checksums wrote, schema 2.
void drop_checksums(const std::filesystem::path& file);

}  // namespace slod
