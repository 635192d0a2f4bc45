#include "lib/promql/lexer.h"

#include <utility>

#include "lib/promql/characters.h"
#include "lib/text/go_string.h"
#include "lib/text/utf8.h"

namespace slod::promql {
namespace {

bool starts_name(char c) {
  return is_alpha(c) || c == ':';
}

bool continues_name(char c) {
  return starts_name(c) || is_digit(c);
}

bool continues_number(char c) {
  return continues_name(c) || c == '.';
}

}  // namespace

void Lexer::skip_blanks_and_comments() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else {
      return;
    }
  }
}

std::string_view Lexer::take_while(bool (*belongs)(char)) {
  const std::size_t start = at_;
  while (at_ < text_.size() && belongs(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

std::expected<Token, ParseError> Lexer::next() {
  skip_blanks_and_comments();
  Token token;
  token.offset = at_;
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  if (starts_name(c)) {
    token.kind = Token::Kind::name;
    token.text = take_while(continues_name);
  } else if (is_digit(c)) {
    token.kind = Token::Kind::number;
    token.text = take_while(continues_number);
  } else if (c == '"' || c == '\'' || c == '`') {
    return string_token();
  } else {
    token.kind = Token::Kind::sign;
    const std::string_view two = text_.substr(at_, 2);
    const bool pair =
        two == "=~" || two == "!=" || two == "!~" || two == "==" || two == "<=" || two == ">=";
    const std::size_t whole = utf8_length(text_.substr(at_));
    token.text = text_.substr(at_, pair ? 2 : whole == 0 ? 1 : whole);
    at_ += token.text.size();
  }
  return token;
}

std::expected<Token, ParseError> Lexer::string_token() {
  Token token;
  token.kind = Token::Kind::string;
  token.offset = at_;
  const std::string_view rest = text_.substr(at_);
  auto read = read_go_string(rest);
  if (!read) {
    return std::unexpected(ParseError{at_ + read.error().offset, explain(read.error(), rest)});
  }
  token.value = std::move(read->value);
  token.text = rest.substr(0, read->length);
  at_ += read->length;
  return token;
}

}  // namespace slod::promql
