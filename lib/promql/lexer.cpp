#include "lib/promql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/text/go_string.h"
#include "lib/text/utf8.h"

namespace slod::promql {
namespace {

using Kind = Token::Kind;

struct Keyword {
  std::string_view text;
  Kind kind;
};

constexpr std::array<Keyword, 19> keywords{{{"offset", Kind::offset},
                                            {"anchored", Kind::anchored},
                                            {"smoothed", Kind::smoothed},
                                            {"by", Kind::by},
                                            {"without", Kind::without},
                                            {"on", Kind::on},
                                            {"ignoring", Kind::ignoring},
                                            {"group_left", Kind::group_left},
                                            {"group_right", Kind::group_right},
                                            {"fill", Kind::fill},
                                            {"fill_left", Kind::fill_left},
                                            {"fill_right", Kind::fill_right},
                                            {"bool", Kind::return_bool},
                                            {"start", Kind::start},
                                            {"end", Kind::end_of_range},
                                            {"step", Kind::step},
                                            {"range", Kind::range},
                                            {"inf", Kind::number},
                                            {"nan", Kind::number}}};

bool needs_paren(Kind kind) {
  return kind == Kind::fill || kind == Kind::fill_left || kind == Kind::fill_right;
}

template <typename Op>
std::optional<Op> find_text(std::string_view word, Op first, Op last) {
  for (auto i = static_cast<std::uint8_t>(first); i <= static_cast<std::uint8_t>(last); ++i) {
    if (text(static_cast<Op>(i)) == word) return static_cast<Op>(i);
  }
  return std::nullopt;
}

/// At most the first ten characters of a text, as Go's %.10q shows them.
std::string beginning(std::string_view text) {
  return text.size() <= 10 ? go_quoted(text) : go_quoted(first_characters(text, 10)) + "...";
}

}  // namespace

std::string Token::described() const {
  switch (kind) {
    case Kind::end:
      return "end of input";
    case Kind::error:
      return value;
    case Kind::identifier:
      return "identifier " + go_quoted(text);
    case Kind::metric_identifier:
      return "metric identifier " + go_quoted(text);
    case Kind::number:
      return "number " + beginning(text);
    case Kind::duration:
      return "duration " + beginning(text);
    case Kind::string:
      return "string " + beginning(text);
    case Kind::op:
    case Kind::at:
    case Kind::matches:
    case Kind::not_matches:
      return fmt::format("<op:{}>", text);
    case Kind::aggregation:
      return fmt::format("<aggr:{}>", text);
    default:
      break;
  }
  const bool is_keyword = kind >= Kind::offset && kind <= Kind::return_bool;
  return is_keyword ? fmt::format("<{}>", text) : go_quoted(text);
}

char Lexer::at(std::size_t ahead) const {
  return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
}

bool Lexer::is(std::string_view set) const {
  return at_ < query_.size() && set.find(query_[at_]) != std::string_view::npos;
}

bool Lexer::accept(std::string_view set) {
  if (!is(set)) return false;
  ++at_;
  return true;
}

/// The current character as Go's %q shows a rune; U+FFFD where there is none.
std::string Lexer::quoted_character() const {
  const std::size_t length = utf8_length(query_.substr(at_));
  if (length == 0) return "'\uFFFD'";
  const std::string_view character = query_.substr(at_, length);
  if (character == "'") return "'\\''";
  if (character == "\"") return "'\"'";
  std::string text = go_quoted(character);
  text.front() = '\'';
  text.back() = '\'';
  return text;
}

Token Lexer::taken(Kind kind) {
  Token token;
  token.kind = kind;
  token.position = {.begin = start_, .end = at_};
  token.text = query_.substr(start_, at_ - start_);
  return token;
}

Token Lexer::make(Kind kind, std::size_t length) {
  at_ += length;
  return taken(kind);
}

Token Lexer::error(std::string message) {
  failed_ = true;
  Token token = taken(Kind::error);
  token.position.end = query_.size();
  token.value = std::move(message);
  return token;
}

Token Lexer::operation(BinaryOperator op, std::size_t length) {
  Token token = make(Kind::op, length);
  token.op = op;
  return token;
}

void Lexer::skip_blanks_and_comments() {
  while (at_ < query_.size()) {
    if (is_space(query_[at_])) {
      ++at_;
    } else if (query_[at_] == '#' && !in_duration_) {
      while (at_ < query_.size() && query_[at_] != '\n' && query_[at_] != '\r') ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  if (failed_) return {};
  skip_blanks_and_comments();
  start_ = at_;
  return scan();
}

Token Lexer::scan() {
  if (in_braces_) return in_braces();
  if (in_duration_) return in_duration();
  if (at_ == query_.size()) {
    if (open_parens_ != 0) return error("unclosed left parenthesis");
    if (in_brackets_) return error("unclosed left bracket");
    return taken(Kind::end);
  }
  const char c = at();
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) return number_or_duration();
  if (c == '"' || c == '\'' || c == '`') return string();
  if (is_alpha(c) || c == ':') return in_brackets_ ? bracket_letter() : name();
  return sign();
}

Token Lexer::sign() {
  switch (at()) {
    case ',':
      return make(Kind::comma, 1);
    case '*':
      return operation(BinaryOperator::multiply, 1);
    case '/':
      return operation(BinaryOperator::divide, 1);
    case '%':
      return operation(BinaryOperator::modulo, 1);
    case '+':
      return operation(BinaryOperator::add, 1);
    case '-':
      return operation(BinaryOperator::subtract, 1);
    case '^':
      return operation(BinaryOperator::power, 1);
    case '@':
      return make(Kind::at, 1);
    case '=':
      if (at(1) == '=') return operation(BinaryOperator::equal, 2);
      if (at(1) != '~') return make(Kind::assign, 1);
      ++at_;
      return error("unexpected character after '=': " + quoted_character());
    case '!':
      if (at(1) == '=') return operation(BinaryOperator::not_equal, 2);
      ++at_;
      return error("unexpected character after '!': " + quoted_character());
    case '<':
      if (at(1) == '/') return operation(BinaryOperator::trim_upper, 2);
      return at(1) == '=' ? operation(BinaryOperator::less_or_equal, 2)
                          : operation(BinaryOperator::less, 1);
    case '>':
      if (at(1) == '/') return operation(BinaryOperator::trim_lower, 2);
      return at(1) == '=' ? operation(BinaryOperator::greater_or_equal, 2)
                          : operation(BinaryOperator::greater, 1);
    case '(':
      ++open_parens_;
      return make(Kind::left_paren, 1);
    case ')':
      return right_paren();
    case '{':
      in_braces_ = true;
      return make(Kind::left_brace, 1);
    case '[':
      if (in_brackets_) return error("unexpected left bracket '['");
      in_brackets_ = true;
      in_duration_ = true;
      had_colon_ = false;
      had_duration_ = false;
      return make(Kind::left_bracket, 1);
    case ']':
      if (!in_brackets_) return error("unexpected right bracket ']'");
      in_brackets_ = false;
      return make(Kind::right_bracket, 1);
    default:
      return error("unexpected character: " + quoted_character());
  }
}

Token Lexer::right_paren() {
  Token token = make(Kind::right_paren, 1);
  if (open_parens_ == 0) {
    start_ = at_;
    return error("unexpected right parenthesis ')'");
  }
  --open_parens_;
  return token;
}

Token Lexer::in_braces() {
  if (at_ == query_.size()) return error("unexpected end of input inside braces");
  const char c = at();
  if (is_alpha(c)) {
    while (is_alphanumeric(at())) ++at_;
    return taken(Kind::identifier);
  }
  switch (c) {
    case ',':
      return make(Kind::comma, 1);
    case '"':
    case '\'':
    case '`':
      return string();
    case '=':
      return at(1) == '~' ? make(Kind::matches, 2) : make(Kind::assign, 1);
    case '!':
      if (at(1) == '~') return make(Kind::not_matches, 2);
      if (at(1) == '=') return operation(BinaryOperator::not_equal, 2);
      ++at_;
      return error("unexpected character after '!' inside braces: " + quoted_character());
    case '{':
      return error("unexpected left brace '{'");
    case '}':
      in_braces_ = false;
      return make(Kind::right_brace, 1);
    default:
      return error("unexpected character inside braces: " + quoted_character());
  }
}

Token Lexer::in_duration() {
  if (at_ == query_.size()) return error("unexpected end of input in duration expression");
  const char c = at();
  if (is_digit(c) || (c == '.' && is_digit(at(1)))) {
    in_duration_ = false;
    had_duration_ = true;
    return number_or_duration();
  }
  switch (c) {
    case ']':
      in_duration_ = false;
      return sign();
    case ':':
      if (had_duration_ && !had_colon_) return colon_in_brackets();
      start_ = ++at_;
      return error(had_duration_ ? "unexpected repeated colon in duration expression"
                                 : "unexpected colon before duration in duration expression");
    case '(':
    case ')':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
    case ',':
      return sign();
    default:
      break;
  }
  constexpr std::string_view letters = "sSmMrR";
  if (letters.find(c) != std::string_view::npos) {
    Token token = bracket_letter();
    had_duration_ = had_duration_ || token.kind == Kind::step || token.kind == Kind::range;
    if (token.kind != Kind::error) return token;
    at_ = start_;
  }
  return error("unexpected character in duration expression: " + quoted_character());
}

/// A letter or a colon in brackets: of the names there are step, range, min_of and max_of, and min
/// and max.
Token Lexer::bracket_letter() {
  if (at() == ':') return colon_in_brackets();
  const std::string character = quoted_character();
  while (is_alpha(at()) || at() == '_') ++at_;
  const std::string word = lower(query_.substr(start_, at_ - start_));
  if (word == "step") return taken(Kind::step);
  if (word == "range") return taken(Kind::range);
  if (word == "min_of" || word == "max_of") return taken(Kind::identifier);
  if (word == "min" || word == "max") {
    Token made = taken(Kind::aggregation);
    made.aggregation = word == "min" ? Aggregation::min : Aggregation::max;
    return made;
  }
  return error(fmt::format("unexpected character: {}, expected ':'", character));
}

Token Lexer::colon_in_brackets() {
  if (had_colon_) return error("unexpected colon ':'");
  had_colon_ = true;
  return make(Kind::colon, 1);
}

Token Lexer::name() {
  while (is_alphanumeric(at()) || at() == ':') ++at_;
  const std::string_view word = query_.substr(start_, at_ - start_);
  const std::string known = lower(word);
  if (const auto op = find_text(known, BinaryOperator::add, BinaryOperator::set_unless)) {
    return operation(*op, 0);
  }
  if (const auto aggregation = find_text(known, Aggregation::sum, Aggregation::limit_ratio)) {
    Token made = taken(Kind::aggregation);
    made.aggregation = *aggregation;
    return made;
  }
  if (const auto* keyword = std::ranges::find(keywords, known, &Keyword::text);
      keyword != keywords.end()) {
    std::size_t ahead = 0;
    while (is_space(at(ahead))) ++ahead;
    const bool applies = !needs_paren(keyword->kind) || at(ahead) == '(';
    return taken(applies ? keyword->kind : Kind::identifier);
  }
  const bool has_colon = word.find(':') != std::string_view::npos;
  return taken(has_colon ? Kind::metric_identifier : Kind::identifier);
}

}  // namespace slod::promql
