#include "lib/promql/selector.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/promql/lexer.h"
#include "lib/text/go_string.h"

namespace slod::promql {
namespace {

constexpr std::size_t pattern_bytes_max = 4096;
constexpr std::int64_t regex_memory_bytes_max = 8 << 20;

struct NamedOperation {
  std::string_view sign;
  Matcher::Operation operation;
};

constexpr std::array<NamedOperation, 4> operations{{{"=", Matcher::Operation::equal},
                                                    {"!=", Matcher::Operation::not_equal},
                                                    {"=~", Matcher::Operation::matches},
                                                    {"!~", Matcher::Operation::not_matches}}};

/// Words that Prometheus does not read as a bare metric name.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 8> words{"inf",      "nan",        "bool",        "on",
                                                  "ignoring", "group_left", "group_right", "atan2"};
  return std::ranges::find(words, lower(name)) != words.end();
}

bool is_bare_name(std::string_view name, bool colon_allowed) {
  if (name.empty() || is_digit(name[0])) return false;
  return std::ranges::all_of(
      name, [colon_allowed](char c) { return is_alphanumeric(c) || (c == ':' && colon_allowed); });
}

std::string shown(const Token& token) {
  if (token.kind == Token::Kind::end) return "the end of the text";
  constexpr std::size_t shown_bytes_max = 60;
  if (token.text.size() > shown_bytes_max) return "a long string";
  return std::string(token.text);
}

std::unexpected<ParseError> error(const Token& at, std::string message) {
  return std::unexpected(ParseError{at.offset, std::move(message)});
}

/// Reads one selector and nothing after it.
class SelectorParser {
 public:
  explicit SelectorParser(std::string_view text) : lexer_(text) {}

  std::expected<Selector, ParseError> parse();

 private:
  using Step = std::expected<void, ParseError>;

  Step advance();
  Step metric_name();
  Step matchers();
  Step matcher();
  Step set_metric(const Token& at, std::string name);
  Step expect_end();
  Step nothing_is_called(const Token& name) const;

  Lexer lexer_;
  Token token_;
  Selector selector_;
};

SelectorParser::Step SelectorParser::advance() {
  auto next = lexer_.next();
  if (!next) return std::unexpected(next.error());
  token_ = std::move(*next);
  return {};
}

std::expected<Selector, ParseError> SelectorParser::parse() {
  if (auto done = advance(); !done) return std::unexpected(done.error());
  const Token first = token_;
  if (auto done = metric_name(); !done) return std::unexpected(done.error());
  if (token_.is("{")) {
    if (auto done = matchers(); !done) return std::unexpected(done.error());
  }
  if (auto done = expect_end(); !done) return std::unexpected(done.error());
  if (selector_.metric.empty()) {
    return error(first,
                 "expected a metric name, found only conditions on labels; write it before the "
                 "braces: http_requests_total{...}");
  }
  return std::move(selector_);
}

SelectorParser::Step SelectorParser::metric_name() {
  const Token name = token_;
  if (name.is("{")) return {};
  if (name.kind == Token::Kind::end) {
    return error(name,
                 "expected a selector such as http_requests_total{job=\"api\"}, found nothing");
  }
  if (name.kind != Token::Kind::name || is_reserved(name.text)) {
    return error(name, fmt::format("expected a selector that starts with a metric name, found {}",
                                   shown(name)));
  }
  selector_.metric = name.text;
  if (auto done = advance(); !done) return done;
  return nothing_is_called(name);
}

SelectorParser::Step SelectorParser::nothing_is_called(const Token& name) const {
  const bool grouped =
      token_.kind == Token::Kind::name && (token_.text == "by" || token_.text == "without");
  if (!token_.is("(") && !grouped) return {};
  return error(name, fmt::format("expected a selector alone, found {}{}; slod sums and rates the "
                                 "series itself, so write only what is inside",
                                 name.text, grouped ? fmt::format(" {}", token_.text) : "(...)"));
}

SelectorParser::Step SelectorParser::matchers() {
  const Token opening = token_;
  if (auto done = advance(); !done) return done;
  while (!token_.is("}")) {
    if (token_.kind == Token::Kind::end) {
      return error(opening, "expected a closing } for this brace, found the end of the text");
    }
    if (auto done = matcher(); !done) return done;
    if (token_.is(",")) {
      if (auto done = advance(); !done) return done;
    } else if (!token_.is("}") && token_.kind != Token::Kind::end) {
      return error(token_,
                   fmt::format("expected , or }} after a condition, found {}", shown(token_)));
    }
  }
  return advance();
}

SelectorParser::Step SelectorParser::set_metric(const Token& at, std::string name) {
  if (name.empty()) return error(at, "expected a metric name, found an empty one");
  if (!selector_.metric.empty()) {
    return error(at, fmt::format("expected one metric name, found a second one, {}, beside {}",
                                 go_quoted(name), go_quoted(selector_.metric)));
  }
  selector_.metric = std::move(name);
  return {};
}

SelectorParser::Step SelectorParser::matcher() {
  const Token label = token_;
  const bool quoted_name = label.kind == Token::Kind::string;
  if (!quoted_name && !(label.kind == Token::Kind::name && is_bare_name(label.text, false))) {
    return error(label, fmt::format("expected a label name, found {}", shown(label)));
  }
  if (auto done = advance(); !done) return done;
  if (quoted_name && (token_.is(",") || token_.is("}"))) return set_metric(label, label.value);
  const Token sign = token_;
  const auto known = std::ranges::find(operations, sign.text, &NamedOperation::sign);
  if (sign.kind != Token::Kind::sign || known == operations.end()) {
    return error(sign, fmt::format("expected =, !=, =~ or !~ after the label {}, found {}",
                                   shown(label), shown(sign)));
  }
  if (auto done = advance(); !done) return done;
  const Token value = token_;
  if (value.kind != Token::Kind::string) {
    return error(value, fmt::format("expected a value in quotes, found {}", shown(value)));
  }
  if (auto done = advance(); !done) return done;
  std::string name = quoted_name ? label.value : std::string(label.text);
  if (name.empty()) return error(label, "expected a label name, found an empty one");
  if (name == "__name__") {
    if (known->operation == Matcher::Operation::equal) return set_metric(value, value.value);
    return error(label,
                 fmt::format("expected one metric name (__name__=\"...\"), found __name__{}; "
                             "slod demands series by metric name",
                             sign.text));
  }
  auto made = Matcher::make(std::move(name), known->operation, value.value);
  if (!made) return error(value, made.error());
  selector_.matchers.push_back(std::move(*made));
  return {};
}

SelectorParser::Step SelectorParser::expect_end() {
  if (token_.kind == Token::Kind::end) return {};
  if (token_.is("[")) {
    return error(token_,
                 "expected a selector without a range, found [; slod keeps the windows itself");
  }
  if (token_.is("@") || (token_.kind == Token::Kind::name && token_.text == "offset")) {
    return error(token_, fmt::format("expected a selector of the present, found {}", token_.text));
  }
  if (token_.is("{")) return error(token_, "expected one pair of braces, found a second {");
  return error(token_, fmt::format("expected the end of the selector, found {}; an expression of "
                                   "several parts is not a selector",
                                   shown(token_)));
}

}  // namespace

Matcher::Matcher(std::string label, Operation operation, std::string value,
                 std::shared_ptr<const re2::RE2> regex)
    : label_(std::move(label)),
      operation_(operation),
      value_(std::move(value)),
      regex_(std::move(regex)) {}

std::expected<Matcher, std::string> Matcher::make(std::string label, Operation operation,
                                                  std::string value) {
  if (operation == Operation::equal || operation == Operation::not_equal) {
    return Matcher(std::move(label), operation, std::move(value), nullptr);
  }
  if (value.size() > pattern_bytes_max) {
    return std::unexpected(
        fmt::format("expected a regular expression of at most {} bytes, found {}",
                    pattern_bytes_max, value.size()));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(regex_memory_bytes_max);
  auto regex = std::make_shared<const re2::RE2>(value, options);
  if (!regex->ok()) {
    return std::unexpected(
        fmt::format("expected a regular expression in RE2's syntax, found {} ({})",
                    go_quoted(value), regex->error()));
  }
  return Matcher(std::move(label), operation, std::move(value), std::move(regex));
}

bool Matcher::accepts(std::string_view value) const {
  switch (operation_) {
    case Operation::equal:
      return value == value_;
    case Operation::not_equal:
      return value != value_;
    case Operation::matches:
      return re2::RE2::FullMatch(value, *regex_);
    case Operation::not_matches:
      return !re2::RE2::FullMatch(value, *regex_);
  }
  return false;
}

bool Matcher::operator==(const Matcher& other) const {
  return label_ == other.label_ && operation_ == other.operation_ && value_ == other.value_;
}

std::string Selector::text() const {
  std::string inside;
  const auto append = [&inside](std::string_view condition) {
    if (!inside.empty()) inside.push_back(',');
    inside.append(condition);
  };
  const bool bare = is_bare_name(metric, true) && !is_reserved(metric);
  // The long form, since servers older than Prometheus 3 do not read a quoted name in braces.
  if (!bare && !metric.empty()) append("__name__=" + go_quoted(metric));
  for (const Matcher& matcher : matchers) {
    const auto known =
        std::ranges::find(operations, matcher.operation(), &NamedOperation::operation);
    append(fmt::format(
        "{}{}{}",
        is_bare_name(matcher.label(), false) ? matcher.label() : go_quoted(matcher.label()),
        known->sign, go_quoted(matcher.value())));
  }
  const std::string name = bare ? metric : std::string();
  return inside.empty() ? name : fmt::format("{}{{{}}}", name, inside);
}

std::expected<Selector, ParseError> parse_selector(std::string_view text) {
  return SelectorParser(text).parse();
}

}  // namespace slod::promql
