#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/promql/grammar.h"

/// Selectors with their matchers, and lists of labels.
namespace slod::promql {
namespace {

using Kind = Word::Kind;

/// Words that are a label's name in a list of labels. `without` is none, as in Prometheus.
bool is_label_name(const Word& word) {
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
  if (word.kind == Kind::op) return is_set_operator(word.op) || word.op == BinaryOperator::atan2;
  return std::ranges::find(kinds, word.kind) != kinds.end();
}

std::optional<Matcher::Operation> match_operation(const Word& word) {
  switch (word.kind) {
    case Kind::assign:
      return Matcher::Operation::equal;
    case Kind::matches:
      return Matcher::Operation::matches;
    case Kind::not_matches:
      return Matcher::Operation::not_matches;
    case Kind::op:
      if (word.op == BinaryOperator::not_equal) return Matcher::Operation::not_equal;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

/// What is wrong with a regular expression, in the words of Go's regexp package, whose syntax and
/// kinds of errors are RE2's.
std::string regex_error(const std::string& pattern, const std::string& otherwise) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 regex(pattern, options);
  struct Named {
    re2::RE2::ErrorCode code;
    std::string_view name;
  };
  constexpr std::array<Named, 12> names{
      {{re2::RE2::ErrorBadEscape, "invalid escape sequence"},
       {re2::RE2::ErrorBadCharClass, "invalid character class"},
       {re2::RE2::ErrorBadCharRange, "invalid character class range"},
       {re2::RE2::ErrorMissingBracket, "missing closing ]"},
       {re2::RE2::ErrorMissingParen, "missing closing )"},
       {re2::RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
       {re2::RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
       {re2::RE2::ErrorRepeatSize, "invalid repeat count"},
       {re2::RE2::ErrorRepeatOp, "invalid nested repetition operator"},
       {re2::RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
       {re2::RE2::ErrorBadUTF8, "invalid UTF-8"},
       {re2::RE2::ErrorBadNamedCapture, "invalid named capture"}}};
  const auto* const known = std::ranges::find(names, regex.error_code(), &Named::code);
  if (regex.ok() || known == names.end()) return otherwise;
  return fmt::format("error parsing regexp: {}: `{}`", known->name, regex.error_arg());
}

}  // namespace

std::expected<std::vector<Matcher>, QueryError> Grammar::matchers_alone() {
  Node node;
  if (next_is(Kind::left_brace)) {
    node = selector(nullptr);
  } else if (is_metric_name(peek())) {
    const Word name = take();
    node = selector(&name);
  }
  if (node == nullptr || !next_is(Kind::end)) return std::unexpected(first_error());
  return std::move(std::get<VectorSelector>(node->node).matchers);
}

Grammar::Node Grammar::selector(const Word* name) {
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
  Word label = take();
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
  Word value = take();
  auto made = Matcher::make(std::move(name), *operation, value.value);
  if (!made) {
    fail({.begin = label.position.begin, .end = value.position.end},
         regex_error(value.value, made.error()));
    return false;
  }
  selector.matchers.push_back(std::move(*made));
  return true;
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
  Word word = take();
  const bool is_label = is_quoted ? !word.value.empty() : word.kind != Kind::metric_identifier;
  if (!is_label) {
    unexpected_word(word, "grouping opts", "label");
    return false;
  }
  labels.push_back(is_quoted ? std::move(word.value) : std::string(word.text));
  return true;
}

}  // namespace slod::promql
