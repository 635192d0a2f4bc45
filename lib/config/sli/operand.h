#pragma once

#include <expected>
#include <optional>
#include <string>

#include "lib/config/section.h"
#include "lib/slo/counted.h"
#include "lib/slo/expression.h"
#include "lib/time/instant.h"

namespace slod::config {

/// Reads the length of the slices, 1m where it is not given. Whether the key is there.
bool read_slice(Section& section, Duration& slice);

/// What stands under a key of an SLI that means events: a selector, or an expression.
struct Operand {
  std::optional<Expression> expression;             ///< nullopt: a bare selector
  std::expected<CountedSum, NotCounted> counted{};  ///< always one for a selector
  Mark mark;
};

/// Reads an operand; `slice` stands for {{.window}}. Nullopt after an error, or without a node.
std::optional<Operand> read_operand(Section& section, const YamlNode* node, Duration slice);

/// Reads an expression that has a value at a time and reads some series. Nullopt after an error,
/// or without a node.
std::optional<Expression> read_expression(Section& section, const YamlNode* node, Duration slice);

/// For a note: "avg(rate(a[{{.window}}])) is avg, and no sum".
std::string reason(const Expression& expression, const NotCounted& why);

/// Whether two parts of an SLI can be counted beside each other: as rates both, or as increases
/// over the same range. A plain counter goes with either.
bool fit_together(const Scale& a, const Scale& b);

}  // namespace slod::config
