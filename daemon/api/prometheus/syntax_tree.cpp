#include "daemon/api/prometheus/syntax_tree.h"

#include <array>
#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "lib/promql/literal.h"
#include "lib/text/number.h"

namespace slod::prometheus_api {
namespace {

namespace json = boost::json;

constexpr int depth_max = 500;

std::string_view type_name(promql::ValueType type) {
  constexpr std::array<std::string_view, 4> names{"scalar", "vector", "matrix", "string"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view cardinality_name(promql::Cardinality cardinality) {
  constexpr std::array<std::string_view, 4> names{"one-to-one", "many-to-one", "one-to-many",
                                                  "many-to-many"};
  return names[static_cast<std::size_t>(cardinality)];
}

json::array texts(const std::vector<std::string>& all) {
  json::array out;
  for (const std::string& text : all) out.push_back(json::value(text));
  return out;
}

json::array matchers_json(const std::vector<promql::Matcher>& matchers) {
  constexpr std::array<std::string_view, 4> operators{"=", "!=", "=~", "!~"};
  json::array out;
  for (const promql::Matcher& matcher : matchers) {
    out.push_back({{"name", matcher.label()},
                   {"value", matcher.value()},
                   {"type", operators[static_cast<std::size_t>(matcher.operation())]}});
  }
  return out;
}

void add_shift(json::object& out, const promql::TimeShift& shift) {
  out["offset"] = shift.offset.count();
  out["timestamp"] = nullptr;
  out["startOrEnd"] = nullptr;
  if (const auto* at = std::get_if<Instant>(&shift.at)) {
    out["timestamp"] = at->time_since_epoch().count();
  } else if (const auto* boundary = std::get_if<promql::Boundary>(&shift.at)) {
    out["startOrEnd"] = *boundary == promql::Boundary::start ? "start" : "end";
  }
}

json::object selector_json(const promql::VectorSelector& selector) {
  json::object out{{"type", "vectorSelector"},
                   {"name", selector.name},
                   {"matchers", matchers_json(selector.matchers)}};
  add_shift(out, selector.shift);
  return out;
}

/// Translates one node after the other; a member is left null where the tree is too deep.
class Translation {
 public:
  json::value operator()(const promql::ExprPtr& expr) {
    if (!expr) return nullptr;
    return (*this)(*expr);
  }

  json::value operator()(const promql::Expr& expr) {
    if (depth_ == depth_max) {
      is_too_deep_ = true;
      return nullptr;
    }
    ++depth_;
    json::object out = std::visit([this](const auto& node) { return translate(node); }, expr.node);
    --depth_;
    return out;
  }

  bool is_too_deep() const { return is_too_deep_; }

 private:
  json::object translate(const promql::NumberLiteral& literal) {
    return {{"type", "numberLiteral"}, {"val", plain_number(literal.value)}};
  }
  json::object translate(const promql::StringLiteral& literal) {
    return {{"type", "stringLiteral"}, {"val", literal.value}};
  }
  json::object translate(const promql::VectorSelector& selector) { return selector_json(selector); }
  json::object translate(const promql::MatrixSelector& matrix) {
    json::object out = selector_json(matrix.selector);
    out["type"] = "matrixSelector";
    out["range"] = matrix.range.count();
    return out;
  }
  json::object translate(const promql::Subquery& subquery) {
    json::object out{{"type", "subquery"},
                     {"expr", (*this)(subquery.expr)},
                     {"range", subquery.range.count()},
                     {"step", subquery.step.count()}};
    add_shift(out, subquery.shift);
    return out;
  }
  json::object translate(const promql::Paren& paren) {
    return {{"type", "parenExpr"}, {"expr", (*this)(paren.expr)}};
  }
  json::object translate(const promql::Unary& unary) {
    return {
        {"type", "unaryExpr"}, {"op", unary.negative ? "-" : "+"}, {"expr", (*this)(unary.expr)}};
  }
  json::object translate(const promql::Binary& binary) {
    json::object out{{"type", "binaryExpr"},        {"op", promql::text(binary.op)},
                     {"lhs", (*this)(binary.left)}, {"rhs", (*this)(binary.right)},
                     {"matching", nullptr},         {"bool", binary.return_bool}};
    if (is_too_deep_) return out;  // the types of a long chain take long
    if (binary.left->type() == promql::ValueType::vector &&
        binary.right->type() == promql::ValueType::vector) {
      out["matching"] = {{"card", cardinality_name(binary.matching.cardinality)},
                         {"labels", texts(binary.matching.labels)},
                         {"on", binary.matching.on},
                         {"include", texts(binary.matching.include)}};
    }
    return out;
  }
  json::object translate(const promql::Aggregate& aggregate) {
    return {{"type", "aggregation"},
            {"op", promql::text(aggregate.op)},
            {"expr", (*this)(aggregate.expr)},
            {"param", (*this)(aggregate.parameter)},
            {"grouping", texts(aggregate.grouping)},
            {"without", aggregate.without}};
  }
  json::object translate(const promql::Call& call) {
    json::array types;
    for (const promql::ValueType type : call.function->arguments) {
      types.push_back(json::value(type_name(type)));
    }
    json::array arguments;
    for (const promql::ExprPtr& argument : call.arguments) arguments.push_back((*this)(argument));
    return {{"type", "call"},
            {"func",
             {{"name", call.function->name},
              {"argTypes", std::move(types)},
              {"variadic", call.function->variadic},
              {"returnType", type_name(call.function->result)}}},
            {"args", std::move(arguments)}};
  }

  int depth_ = 0;
  bool is_too_deep_ = false;
};

}  // namespace

std::optional<json::object> syntax_tree(const promql::Expr& expr) {
  Translation translation;
  json::value tree = translation(expr);
  if (translation.is_too_deep()) return std::nullopt;
  return std::move(tree.as_object());
}

}  // namespace slod::prometheus_api
