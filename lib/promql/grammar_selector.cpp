#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/promql/grammar.h"
#include "lib/promql/regex.h"

/// Selectors with their matchers, and lists of labels.
namespace slod::promql {
namespace {

using Kind = Token::Kind;

/// Tokens that are a label's name in a list of labels. `without` is none, as in Prometheus.
bool is_label_name(const Token& token) {
  constexpr std::array kinds{Kind::identifier,   Kind::metric_identifier,
                             Kind::aggregation,  Kind::offset,
                             Kind::anchored,     Kind::smoothed,
                             Kind::by,           Kind::on,
                             Kind::ignoring,     Kind::group_left,
                             Kind::group_right,  Kind::fill,
                             Kind::fill_left,    Kind::fill_right,
                             Kind::return_bool,  Kind::start,
                             Kind::end_of_range, Kind::step,
                             Kind::range};
  if (token.kind == Kind::op) return is_set_operator(token.op) || token.op == BinaryOperator::atan2;
  return std::ranges::find(kinds, token.kind) != kinds.end();
}

/// What is wrong with a regular expression, in Go's words if it has some for that.
std::string regex_error(const std::string& pattern, const std::string& otherwise) {
  const auto regex = Regex::make(pattern);
  if (regex || regex.error().go_kind.empty()) return otherwise;
  return fmt::format("error parsing regexp: {}: `{}`", regex.error().go_kind,
                     regex.error().argument);
}

}  // namespace

std::optional<Matcher::Operation> match_operation(const Token& token) {
  switch (token.kind) {
    case Kind::assign:
      return Matcher::Operation::equal;
    case Kind::matches:
      return Matcher::Operation::matches;
    case Kind::not_matches:
      return Matcher::Operation::not_matches;
    case Kind::op:
      if (token.op == BinaryOperator::not_equal) return Matcher::Operation::not_equal;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::expected<std::vector<Matcher>, QueryError> Grammar::matchers_alone() {
  Node node;
  if (next_is(Kind::left_brace)) {
    node = selector(nullptr);
  } else if (is_metric_name(peek())) {
    const Token name = take();
    node = selector(&name);
  }
  if (node == nullptr || !next_is(Kind::end)) return std::unexpected(first_error());
  return std::move(std::get<VectorSelector>(node->node).matchers);
}

Grammar::Node Grammar::selector(const Token* name) {
  VectorSelector made;
  Position position = name == nullptr ? peek().position : name->position;
  if (next_is(Kind::left_brace)) {
    if (!matchers(made)) return nullptr;
    position.end = closed_at_;
  }
  if (name != nullptr) {
    made.name = name->text;
    made.name_in_braces = false;
    made.matchers.push_back(
        Matcher::make("__name__", Matcher::Operation::equal, made.name).value());
  }
  return make_expr(position, std::move(made));
}

bool Grammar::matchers(VectorSelector& selector) {
  take();
  while (!next_is(Kind::right_brace)) {
    if (!matcher(selector)) return false;
    if (next_is(Kind::comma)) {
      take();
    } else if (!next_is(Kind::right_brace)) {
      unexpected("label matching", R"("," or "}")");
      return false;
    }
  }
  take();
  return true;
}

bool Grammar::matcher(VectorSelector& selector) {
  if (!next_is(Kind::identifier) && !next_is(Kind::string)) {
    unexpected("label matching", R"(identifier or "}")");
    return false;
  }
  Token label = take();
  const bool is_quoted = label.kind == Kind::string;
  std::string name = is_quoted ? std::move(label.value) : std::string(label.text);
  const auto operation = match_operation(peek());
  if (!operation && is_quoted) {
    if (!selector.name_in_braces) selector.name = name;
    selector.name_in_braces = true;
    selector.matchers.push_back(
        Matcher::make("__name__", Matcher::Operation::equal, std::move(name)).value());
    return true;
  }
  if (!operation) {
    unexpected("label matching", "label matching operator");
    return false;
  }
  take();
  if (!next_is(Kind::string)) {
    unexpected("label matching", "string");
    return false;
  }
  Token value = take();
  const bool is_regex =
      *operation == Matcher::Operation::matches || *operation == Matcher::Operation::not_matches;
  if (is_regex && !may_make_regex(value.position, value.value.size())) return false;
  auto made = Matcher::make(std::move(name), *operation, value.value);
  if (!made) {
    fail({.begin = label.position.begin, .end = value.position.end},
         regex_error(value.value, made.error()));
    return false;
  }
  selector.matchers.push_back(std::move(*made));
  return true;
}

bool Grammar::may_make_regex(Position position, std::size_t bytes) {
  regex_bytes_ += bytes;
  // One that is too long by itself has an error that says so.
  if (regex_bytes_ > options_.regex_bytes_max && bytes <= Regex::pattern_bytes_max) {
    fail(position,
         fmt::format("too many regular expressions, expected at most {} bytes of them in all",
                     options_.regex_bytes_max));
  } else if (options_.is_unwanted && options_.is_unwanted()) {
    fail(position, "the query was ended while it was read");
  }
  return !error_;
}

std::optional<std::vector<std::string>> Grammar::grouping_labels() {
  std::vector<std::string> labels;
  if (!next_is(Kind::left_paren)) {
    unexpected("grouping opts", "\"(\"");
    return std::nullopt;
  }
  take();
  while (!next_is(Kind::right_paren)) {
    if (!grouping_label(labels)) return std::nullopt;
    if (next_is(Kind::comma)) {
      take();
    } else if (!next_is(Kind::right_paren)) {
      unexpected("grouping opts", "\",\" or \")\"");
      return std::nullopt;
    }
  }
  take();
  return labels;
}

bool Grammar::grouping_label(std::vector<std::string>& labels) {
  const bool is_quoted = next_is(Kind::string);
  if (!is_quoted && !is_label_name(peek())) {
    unexpected("grouping opts", "label");
    return false;
  }
  Token token = take();
  const bool is_label = is_quoted ? !token.value.empty() : token.kind != Kind::metric_identifier;
  if (!is_label) {
    unexpected_token(token, "grouping opts", "label");
    return false;
  }
  labels.push_back(is_quoted ? std::move(token.value) : std::string(token.text));
  return true;
}

}  // namespace slod::promql
