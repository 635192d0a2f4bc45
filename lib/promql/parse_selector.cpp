#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/promql/grammar.h"
#include "lib/promql/parser.h"
#include "lib/promql/selector.h"
#include "lib/text/go_string.h"
#include "lib/text/utf8.h"

/// Queries that must be a bare selector. The grammar reads them. What is no selector is explained
/// in slod's words: Prometheus's do not say which parts of an expression slod adds itself.
namespace slod::promql {
namespace {

using Kind = Token::Kind;
using Problem = std::optional<ParseError>;

/// The selector that the expression is; nullopt where it is more, or does not name one metric.
std::optional<Selector> bare_selector(const Expr& expr) {
  const auto* const vector = std::get_if<VectorSelector>(&expr.node);
  if (vector == nullptr || vector->shift != TimeShift() || vector->edges != Edges::plain) {
    return std::nullopt;
  }
  Selector selector;
  for (const Matcher& matcher : vector->matchers) {
    if (matcher.label().empty()) return std::nullopt;
    if (matcher.label() != "__name__") {
      selector.matchers.push_back(matcher);
      continue;
    }
    const bool is_the_name =
        matcher.operation() == Matcher::Operation::equal && selector.metric.empty();
    if (!is_the_name || matcher.value().empty()) return std::nullopt;
    selector.metric = matcher.value();
  }
  if (selector.metric.empty()) return std::nullopt;
  return selector;
}

/// The front of a text as an error shows it: a whole name, number or string, else one sign.
std::string_view first_piece(std::string_view text) {
  const char first = text.front();
  if (first == '"' || first == '\'' || first == '`') {
    const auto read = read_go_string(text);
    return text.substr(0, read ? read->length : 1);
  }
  if (is_alphanumeric(first) || first == ':') {
    const auto* const end = std::ranges::find_if_not(text, [first](char c) {
      return is_alphanumeric(c) || c == ':' || (c == '.' && is_digit(first));
    });
    return {text.begin(), end};
  }
  constexpr std::array<std::string_view, 6> pairs{"=~", "!=", "!~", "==", "<=", ">="};
  if (std::ranges::find(pairs, text.substr(0, 2)) != pairs.end()) return text.substr(0, 2);
  return first_characters(text, 1);
}

/// Follows a query token by token as long as it is a bare selector, and explains where it stops.
class Explanation {
 public:
  explicit Explanation(std::string_view query) : query_(query), lexer_(query) {}

  /// Nullopt where nothing is wrong.
  Problem find();

 private:
  void advance() { token_ = lexer_.next(); }
  bool is_end(const Token& token) const { return token.position.begin == query_.size(); }
  std::string shown(const Token& token) const;
  Problem wrong(const Token& at, std::string message) const;

  Problem braces();
  Problem condition();
  Problem metric(const Token& name);
  Problem behind();

  std::string_view query_;
  Lexer lexer_;
  Token token_;
  std::string metric_;
};

std::string Explanation::shown(const Token& token) const {
  if (is_end(token)) return "the end of the text";
  const std::string_view piece = first_piece(query_.substr(token.position.begin));
  constexpr std::size_t shown_bytes_max = 60;
  return piece.size() > shown_bytes_max ? "a long string" : std::string(piece);
}

/// Where a string cannot be read, that is the problem, whatever was expected in its place.
Problem Explanation::wrong(const Token& at, std::string message) const {
  const std::string_view rest = query_.substr(at.position.begin);
  if (at.kind == Kind::error && rest.find_first_of("\"'`") == 0) {
    if (const auto read = read_go_string(rest); !read) {
      return ParseError{at.position.begin + read.error().offset, explain(read.error(), rest)};
    }
  }
  return ParseError{at.position.begin, std::move(message)};
}

Problem Explanation::find() {
  advance();
  const Token first = token_;
  if (is_end(first)) {
    return wrong(first,
                 "expected a selector such as "
                 "http_requests_total{job=\"api\"}, found nothing");
  }
  if (first.kind != Kind::left_brace) {
    if (!is_metric_name(first)) {
      return wrong(first,
                   fmt::format("expected a selector that starts with a metric name, found {}",
                               shown(first)));
    }
    metric_ = first.text;
    advance();
    const bool is_grouped = token_.kind == Kind::by || token_.kind == Kind::without;
    if (token_.kind == Kind::left_paren || is_grouped) {
      return wrong(first,
                   fmt::format("expected a selector alone, found {}{}; slod sums and rates the "
                               "series itself, so write only what is inside",
                               first.text, is_grouped ? fmt::format(" {}", token_.text) : "(...)"));
    }
  }
  if (token_.kind == Kind::left_brace) {
    if (Problem problem = braces()) return problem;
  }
  if (Problem problem = behind()) return problem;
  if (!metric_.empty()) return std::nullopt;
  return wrong(first,
               "expected a metric name, found only conditions on "
               "labels; write it before the "
               "braces: http_requests_total{...}");
}

Problem Explanation::braces() {
  const Token opening = token_;
  advance();
  while (token_.kind != Kind::right_brace) {
    if (is_end(token_)) {
      return wrong(opening, "expected a closing } for this brace, found the end of the text");
    }
    if (Problem problem = condition()) return problem;
    if (token_.kind == Kind::comma) {
      advance();
    } else if (token_.kind != Kind::right_brace && !is_end(token_)) {
      return wrong(token_,
                   fmt::format("expected , or }} after a condition, found {}", shown(token_)));
    }
  }
  advance();
  return std::nullopt;
}

Problem Explanation::condition() {
  const Token label = token_;
  const bool is_quoted = label.kind == Kind::string;
  if (!is_quoted && (label.kind != Kind::identifier || shown(label) != label.text)) {
    return wrong(label, fmt::format("expected a label name, found {}", shown(label)));
  }
  advance();
  const bool is_metric = token_.kind == Kind::comma || token_.kind == Kind::right_brace;
  if (is_quoted && is_metric) return metric(label);
  const Token sign = token_;
  const auto operation = match_operation(sign);
  if (!operation || shown(sign) != sign.text) {
    return wrong(sign, fmt::format("expected =, !=, =~ or !~ after the label {}, found {}",
                                   shown(label), shown(sign)));
  }
  advance();
  const Token value = token_;
  if (value.kind != Kind::string) {
    return wrong(value, fmt::format("expected a value in quotes, found {}", shown(value)));
  }
  advance();
  const std::string name = is_quoted ? label.value : std::string(label.text);
  if (name.empty()) return wrong(label, "expected a label name, found an empty one");
  if (name != "__name__") {
    const auto made = Matcher::make(name, *operation, value.value);
    return made ? std::nullopt : wrong(value, made.error());
  }
  if (*operation == Matcher::Operation::equal) return metric(value);
  return wrong(label,
               fmt::format("expected one metric name (__name__=\"...\"), found __name__{}; slod "
                           "demands series by metric name",
                           sign.text));
}

Problem Explanation::metric(const Token& name) {
  if (name.value.empty()) return wrong(name, "expected a metric name, found an empty one");
  if (!metric_.empty()) {
    return wrong(name, fmt::format("expected one metric name, found a second one, {}, beside {}",
                                   go_quoted(name.value), go_quoted(metric_)));
  }
  metric_ = name.value;
  return std::nullopt;
}

Problem Explanation::behind() {
  if (is_end(token_)) return std::nullopt;
  switch (token_.kind) {
    case Kind::left_bracket:
      return wrong(token_,
                   "expected a selector without a range, found [; slod "
                   "keeps the windows itself");
    case Kind::at:
    case Kind::offset:
      return wrong(token_,
                   fmt::format("expected a selector of the present, found {}", token_.text));
    case Kind::left_brace:
      return wrong(token_, "expected one pair of braces, found a second {");
    default:
      return wrong(token_, fmt::format("expected the end of the selector, found {}; an expression "
                                       "of several parts is not a selector",
                                       shown(token_)));
  }
}

}  // namespace

std::expected<Selector, ParseError> parse_selector(std::string_view text) {
  const auto expr = parse(text);
  if (expr) {
    if (auto selector = bare_selector(**expr)) return std::move(*selector);
  }
  if (Problem problem = Explanation(text).find()) return std::unexpected(std::move(*problem));
  if (!expr) return std::unexpected(ParseError{expr.error().position.begin, expr.error().message});
  return std::unexpected(ParseError{0, "expected a selector alone"});
}

}  // namespace slod::promql
