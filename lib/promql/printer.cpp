#include "lib/promql/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lib/promql/characters.h"
#include "lib/promql/literal.h"
#include "lib/text/go_string.h"
#include "lib/text/number.h"

namespace slod::promql {
namespace {

constexpr std::size_t columns_max = 100;
/// Longer chains of operators are not broken over lines: each operator would stand deeper.
constexpr std::size_t chain_max = 256;

std::string label_text(std::string_view label) {
  return is_bare_label(label) ? std::string(label) : go_quoted(label);
}

std::string labels_text(const std::vector<std::string>& labels) {
  std::string out;
  for (const std::string& label : labels) {
    if (!out.empty()) out += ", ";
    out += label_text(label);
  }
  return out;
}

std::string shift_text(const TimeShift& shift) {
  std::string out;
  if (const auto* at = std::get_if<Instant>(&shift.at)) {
    out = fmt::format(" @ {:.3f}", unix_seconds(*at));
  } else if (const auto* boundary = std::get_if<Boundary>(&shift.at)) {
    out = *boundary == Boundary::start ? " @ start()" : " @ end()";
  }
  if (shift.offset != Duration(0)) out += " offset " + duration_text(shift.offset);
  return out;
}

std::string_view edges_text(Edges edges) {
  switch (edges) {
    case Edges::anchored:
      return " anchored";
    case Edges::smoothed:
      return " smoothed";
    case Edges::plain:
      break;
  }
  return {};
}

std::string selector_text(const VectorSelector& selector) {
  const bool has_name = !selector.name.empty() && !selector.name_in_braces;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < selector.matchers.size(); ++i) {
    // The last matcher is the name's, where one stands before the braces.
    if (has_name && i + 1 == selector.matchers.size()) break;
    parts.push_back(selector.matchers[i].text());
  }
  std::ranges::sort(parts);
  std::string name = has_name ? selector.name : std::string();
  // Without a name and without matchers, only the braces are left to say that this is a selector.
  if (parts.empty() && has_name) return name;
  return fmt::format("{}{{{}}}", name, fmt::join(parts, ","));
}

std::string subquery_suffix(const Subquery& subquery) {
  const bool has_step = subquery.step != Duration(0);
  return fmt::format("[{}:{}]{}", duration_text(subquery.range),
                     has_step ? duration_text(subquery.step) : "", shift_text(subquery.shift));
}

std::string fill_text(const VectorMatching& matching) {
  const auto& left = matching.fill_left;
  const auto& right = matching.fill_right;
  if (left && right && plain_number(*left) == plain_number(*right)) {
    return fmt::format(" fill ({})", plain_number(*left));
  }
  std::string out;
  if (left) out += fmt::format(" fill_left ({})", plain_number(*left));
  if (right) out += fmt::format(" fill_right ({})", plain_number(*right));
  return out;
}

/// The operator with its modifiers: `== bool on (job) group_left ()`.
std::string operator_text(const Binary& binary) {
  std::string out(text(binary.op));
  if (binary.return_bool) out += " bool";
  const VectorMatching& matching = binary.matching;
  const bool is_grouped = matching.cardinality == Cardinality::many_to_one ||
                          matching.cardinality == Cardinality::one_to_many;
  const bool is_filled = matching.fill_left || matching.fill_right;
  if (matching.labels.empty() && !matching.on && !is_grouped && !is_filled) return out;
  // How vectors match means nothing where a side is a scalar.
  if (binary.left->type() != ValueType::vector || binary.right->type() != ValueType::vector) {
    return out;
  }
  if (!matching.labels.empty() || matching.on || is_grouped) {
    out += fmt::format(" {} ({})", matching.on ? "on" : "ignoring", labels_text(matching.labels));
  }
  if (is_grouped) {
    const bool is_left = matching.cardinality == Cardinality::many_to_one;
    out += fmt::format(" group_{} ({})", is_left ? "left" : "right", labels_text(matching.include));
  }
  return out + fill_text(matching);
}

std::string aggregate_head(const Aggregate& aggregate) {
  std::string name(text(aggregate.op));
  if (aggregate.without)
    return fmt::format("{} without ({}) ", name, labels_text(aggregate.grouping));
  if (aggregate.grouping.empty()) return name;
  return fmt::format("{} by ({}) ", name, labels_text(aggregate.grouping));
}

std::string literal_text(const NumberLiteral& literal) {
  if (!literal.is_duration) return plain_number(literal.value);
  return duration_text(duration_from_seconds(literal.value));
}

/// Whether the left operand is infinity, raised to a power. Prometheus writes infinity as +Inf;
/// here, its sign would be read as that of the whole power.
bool is_power_of_infinity(const Binary& binary) {
  const auto* literal = std::get_if<NumberLiteral>(&binary.left->node);
  return binary.op == BinaryOperator::power && literal != nullptr && literal->value > 0 &&
         std::isinf(literal->value);
}

/// The chain of operators that ends in `expr`, the outermost first, and what is left of them all.
std::pair<std::vector<const Binary*>, const Expr*> chain_of(const Expr& expr) {
  std::pair<std::vector<const Binary*>, const Expr*> chain{{}, &expr};
  while (const auto* binary = std::get_if<Binary>(&chain.second->node)) {
    chain.first.push_back(binary);
    chain.second = binary->left.get();
  }
  return chain;
}

/// Writes one line. Only what the parser bounds is written by recursion.
class Writer {
 public:
  void write(const Expr& expr) {
    std::visit([this, &expr](const auto& node) { write(expr, node); }, expr.node);
  }
  std::string take() { return std::move(out_); }

 private:
  void write(const Expr& /*expr*/, const NumberLiteral& node) { out_ += literal_text(node); }
  void write(const Expr& /*expr*/, const StringLiteral& node) { out_ += go_quoted(node.value); }
  void write(const Expr& /*expr*/, const VectorSelector& node) {
    out_ +=
        fmt::format("{}{}{}", selector_text(node), edges_text(node.edges), shift_text(node.shift));
  }
  void write(const Expr& /*expr*/, const MatrixSelector& node) {
    out_ += fmt::format("{}[{}]{}{}", selector_text(node.selector), duration_text(node.range),
                        edges_text(node.selector.edges), shift_text(node.selector.shift));
  }
  void write(const Expr& /*expr*/, const Subquery& node) {
    write(*node.expr);
    out_ += subquery_suffix(node);
  }
  void write(const Expr& /*expr*/, const Paren& node) {
    out_ += '(';
    write(*node.expr);
    out_ += ')';
  }
  void write(const Expr& /*expr*/, const Unary& node) {
    out_ += node.negative ? '-' : '+';
    write(*node.expr);
  }
  void write(const Expr& expr, const Binary& /*node*/) {
    auto [operators, innermost] = chain_of(expr);
    if (is_power_of_infinity(*operators.back())) {
      out_ += "Inf";
    } else {
      write(*innermost);
    }
    for (; !operators.empty(); operators.pop_back()) {
      out_ += fmt::format(" {} ", operator_text(*operators.back()));
      write(*operators.back()->right);
    }
  }
  void write(const Expr& /*expr*/, const Aggregate& node) {
    out_ += aggregate_head(node) + "(";
    if (node.parameter != nullptr) {
      write(*node.parameter);
      out_ += ", ";
    }
    write(*node.expr);
    out_ += ')';
  }
  void write(const Expr& /*expr*/, const Call& node) {
    out_ += node.function->name;
    out_ += '(';
    for (std::size_t i = 0; i < node.arguments.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(*node.arguments[i]);
    }
    out_ += ')';
  }

  std::string out_;
};

std::string indent(std::size_t level) {
  return std::string(2 * level, ' ');
}

std::string broken(const Expr& expr, std::size_t level);

std::string broken_node(const Paren& node, std::size_t level) {
  return fmt::format("{0}(\n{1}\n{0})", indent(level), broken(*node.expr, level + 1));
}

std::string broken_node(const Unary& node, std::size_t level) {
  std::string operand = broken(*node.expr, level);
  operand.erase(0, operand.find_first_not_of(' '));
  return fmt::format("{}{}{}", indent(level), node.negative ? '-' : '+', operand);
}

std::string broken_node(const Binary& node, std::size_t level) {
  const std::string left =
      is_power_of_infinity(node) ? indent(level + 1) + "Inf" : broken(*node.left, level + 1);
  return fmt::format("{}\n{}{}\n{}", left, indent(level), operator_text(node),
                     broken(*node.right, level + 1));
}

std::string broken_node(const Subquery& node, std::size_t level) {
  return broken(*node.expr, level) + subquery_suffix(node);
}

std::string broken_node(const Aggregate& node, std::size_t level) {
  std::string out = fmt::format("{}{}(\n", indent(level), aggregate_head(node));
  if (node.parameter != nullptr) out += broken(*node.parameter, level + 1) + ",\n";
  return fmt::format("{}{}\n{})", out, broken(*node.expr, level + 1), indent(level));
}

std::string broken_node(const Call& node, std::size_t level) {
  std::string out = fmt::format("{}{}(", indent(level), node.function->name);
  std::string_view before = "\n";
  for (const ExprPtr& argument : node.arguments) {
    out += before;
    out += broken(*argument, level + 1);
    before = ",\n";
  }
  return fmt::format("{}\n{})", out, indent(level));
}

/// The expression from `level` on, over several lines only where one does not hold it. The rules
/// are those of Prometheus's formatter.
std::string broken(const Expr& expr, std::size_t level) {
  std::string line = to_text(expr);
  // Prometheus does not indent a subquery that fits on a line.
  const bool is_short = line.size() <= columns_max;
  if (is_short && std::holds_alternative<Subquery>(expr.node)) return line;
  if (is_short || chain_of(expr).first.size() > chain_max) {
    return indent(level) + line;
  }
  return std::visit(
      [&](const auto& node) {
        if constexpr (requires { broken_node(node, level); }) {
          return broken_node(node, level);
        } else {
          return indent(level) + line;
        }
      },
      expr.node);
}

}  // namespace

std::string to_text(const Expr& expr) {
  Writer writer;
  writer.write(expr);
  return writer.take();
}

std::string pretty(const Expr& expr) {
  return broken(expr, 0);
}

}  // namespace slod::promql
