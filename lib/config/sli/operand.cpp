#include "lib/config/sli/operand.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "lib/promql/walk.h"

namespace slod::config {
namespace {

/// Whether a text that is no expression was meant as a selector: nothing in it but strings could
/// call a function or group.
bool looks_like_a_selector(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && quote != '`') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '(' || text.substr(i).starts_with("{{")) {
      return false;
    }
  }
  return true;
}

/// Whether the expression is no more than a selector, perhaps with what no selector may have.
bool is_selector(const promql::Expr& expr) {
  return std::holds_alternative<promql::VectorSelector>(expr.node) ||
         std::holds_alternative<promql::MatrixSelector>(expr.node);
}

/// Whether the expression can be judged at all; reports where not.
bool check_value(Section& section, const YamlNode& node, const promql::Expr& expr) {
  const promql::ValueType type = expr.type();
  if (type != promql::ValueType::vector && type != promql::ValueType::scalar) {
    section.scope().error(node.mark,
                          fmt::format("expected an expression whose value is numbers, found one "
                                      "whose value is a {}",
                                      promql::documented_name(type)));
    return false;
  }
  if (!promql::selectors(expr).empty()) return true;
  section.scope().error(node.mark, "expected an expression that reads series, found none in it");
  return false;
}

/// On one line, and not too long.
std::string excerpt(std::string_view text) {
  constexpr std::size_t bytes_max = 100;
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!is_blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.size() <= bytes_max) return line;
  std::size_t cut = bytes_max;
  while ((static_cast<unsigned char>(line[cut]) & 0xC0U) == 0x80U) --cut;
  return line.substr(0, cut) + "...";
}

}  // namespace

bool read_slice(Section& section, Duration& slice) {
  slice = std::chrono::minutes(1);
  return section.optional("slice", slice, duration(std::chrono::seconds(1), std::chrono::days(1)));
}

std::optional<Operand> read_operand(Section& section, const YamlNode* node, Duration slice) {
  std::string written;
  if (node == nullptr || !section.read(*node, written, text())) return std::nullopt;
  auto selector = promql::parse_selector(written);
  if (selector) {
    return Operand{std::nullopt, CountedSum{EventSum(std::move(*selector)), {}}, node->mark};
  }
  auto expression = parse_expression(written, slice);
  const bool meant_as_selector =
      expression ? is_selector(*expression->parsed) : looks_like_a_selector(written);
  if (meant_as_selector) {
    section.scope().error_inside(*node, selector.error().offset,
                                 std::move(selector.error().message));
    return std::nullopt;
  }
  if (!expression) {
    section.scope().error_inside(*node, expression.error().offset,
                                 std::move(expression.error().message));
    return std::nullopt;
  }
  if (!check_value(section, *node, *expression->parsed)) return std::nullopt;
  auto counted = counted_sum(*expression->parsed);
  return Operand{std::move(*expression), std::move(counted), node->mark};
}

std::optional<Expression> read_expression(Section& section, const YamlNode* node, Duration slice) {
  std::string written;
  if (node == nullptr || !section.read(*node, written, text())) return std::nullopt;
  auto expression = parse_expression(written, slice);
  if (!expression) {
    section.scope().error_inside(*node, expression.error().offset,
                                 std::move(expression.error().message));
    return std::nullopt;
  }
  if (!check_value(section, *node, *expression->parsed)) return std::nullopt;
  return std::move(*expression);
}

std::string reason(const Expression& expression, const NotCounted& why) {
  return fmt::format("{} {}", excerpt(expression.written_part(why.position)), why.reason);
}

bool fit_together(const Scale& a, const Scale& b) {
  return a == b || a.kind == Scale::Kind::counter || b.kind == Scale::Kind::counter;
}

}  // namespace slod::config
