#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "lib/state/database.h"

namespace slod {

/// Opens `file`, or creates it (0600) and its directory (0700) where absent. It refuses, with the
/// reason and the remedy, a file that another process has open, that is not slod's, that a newer
/// slod wrote, or that is damaged; such a file is left as it is.
///
/// The database has one connection, so that no other process can have the file open, and every
/// commit is on the disk when it returns (WAL, fsync at each commit). A damaged part of the metric
/// history is lost with a warning in the log.
std::expected<std::unique_ptr<Database>, std::string> open_sqlite(
    const std::filesystem::path& file);

}  // namespace slod
