#pragma once

#include <sqlite3.h>

#include <string_view>

namespace slod {

/// Gives SQL the function row_sum(value, ...): the CRC-32 of the values with their types, as a
/// number of 4 bytes that is never 0. Each row holds that of its other columns, so that a bit that
/// flipped on the disk is found: a CRC-32 finds every single one. A row with 0 was written by the
/// version before, which had none; it is read as it is. False: the reason is with the connection.
bool add_row_sum(sqlite3* connection);

/// Writes all rows of a table again for which the expression `good` holds, and no other. A row
/// whose key is damaged cannot be removed by it, since it is not where it would be looked for.
/// False: the reason is with the connection.
bool keep_rows(sqlite3* connection, std::string_view table, std::string_view good);

}  // namespace slod
