#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/promql/expr.h"

namespace slod::promql {

/// One token of a query, with Prometheus's classes of tokens.
struct Token {
  enum class Kind : std::uint8_t {
    end,
    error,  ///< `value` says what is wrong
    identifier,
    metric_identifier,  ///< with a colon in it
    number,
    duration,
    string,
    left_paren,
    right_paren,
    left_brace,
    right_brace,
    left_bracket,
    right_bracket,
    comma,
    colon,
    at,
    assign,
    matches,
    not_matches,
    op,           ///< `op` says which; != within braces too
    aggregation,  ///< `aggregation` says which
    offset,
    anchored,
    smoothed,
    by,
    without,
    on,
    ignoring,
    group_left,
    group_right,
    fill,
    fill_left,
    fill_right,
    return_bool,
    start,
    end_of_range,
    step,
    range,
  };

  Kind kind = Kind::end;
  Position position;
  std::string_view text;  ///< as written
  std::string value;      ///< of a string: its contents; of an error: the message
  BinaryOperator op{};
  Aggregation aggregation{};

  /// As Prometheus's errors name it: `identifier "x"`, `<op:+>`, `end of input`.
  std::string described() const;
};

/// Cuts a query into tokens, with the rules and the messages of Prometheus's lexer. Where it stands
/// (in braces, in brackets) decides what a token may be. After Kind::end or Kind::error there are
/// no more tokens. Holds a view of the query, which must outlive it and its tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  Token next();

 private:
  void skip_blanks_and_comments();
  Token scan();
  Token sign();
  Token in_braces();
  Token in_duration();
  Token bracket_letter();
  Token colon_in_brackets();
  Token number_or_duration();
  Token name();
  Token string();
  Token right_paren();
  Token operation(BinaryOperator op, std::size_t length);

  bool scan_number();
  bool scan_number_rest(std::string_view digits);
  bool scan_duration();

  bool is(std::string_view set) const;
  bool accept(std::string_view set);
  char at(std::size_t ahead = 0) const;
  std::string quoted_character() const;
  Token make(Token::Kind kind, std::size_t length);
  Token taken(Token::Kind kind);
  Token error(std::string message);

  std::string_view query_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  ///< of the token that is being read
  std::size_t open_parens_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  bool in_duration_ = false;  ///< after a bracket, up to the first number
  bool had_colon_ = false;
  bool had_duration_ = false;
  bool failed_ = false;
};

}  // namespace slod::promql
