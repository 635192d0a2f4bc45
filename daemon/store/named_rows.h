#pragma once

#include <expected>
#include <string>
#include <vector>

#include "lib/state/remembered.h"

namespace slod {

/// A row of the table `named`: "level/api" and a text that only this file understands.
struct NamedRow {
  std::string name;
  std::string state;  ///< empty: the row is to be removed
};

/// The rows that `remembered` adds, replaces or removes.
std::vector<NamedRow> named_rows(const Remembered& remembered);

/// Adds what a stored row says to `remembered`. Error: a sentence about a row that cannot be read,
/// whose piece then has no value, or that this version does not know, which is left as it is.
std::expected<void, std::string> read_named_row(const NamedRow& row, Remembered& remembered);

}  // namespace slod
