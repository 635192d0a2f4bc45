#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/promql/lexer.h"
#include "lib/promql/parser.h"

namespace slod::promql {

/// + and -.
bool is_sign(const Token& token);

/// Tokens that are a metric's name where an expression begins.
bool is_metric_name(const Token& token);

/// Nullopt where the token is no operator between a label and its value.
std::optional<Matcher::Operation> match_operation(const Token& token);

/// Reads one query by recursive descent, operators by precedence. It stops at the first thing that
/// is wrong; from then on every rule returns null. Tokens are read as late as possible, so that of
/// two errors the same one is reported as by Prometheus.
class Grammar {
 public:
  Grammar(std::string_view query, const ParserOptions& options)
      : options_(options), lexer_(query), query_(query) {}

  std::expected<ExprPtr, QueryError> expression();
  std::expected<std::vector<Matcher>, QueryError> matchers_alone();

 private:
  using Node = std::shared_ptr<Expr>;
  class Level;

  const Token& peek();
  void check_size(const Token& token);
  Token take();
  bool next_is(Token::Kind kind) { return peek().kind == kind; }

  Node fail(Position position, std::string message);
  Node unexpected(std::string_view context = {}, std::string_view expected = {});
  Node unexpected_token(const Token& token, std::string_view context, std::string_view expected);
  QueryError first_error();

  Node binary(int precedence_min);
  Node operation(Node left);
  bool modifiers(Binary& binary);
  bool fill_modifiers(Binary& binary);
  std::optional<double> fill_value();
  Node unary();
  Node postfix(Node node);
  Node primary();
  Node paren();
  Node number();
  Node named(const Token& token);
  Node call(const Token& name);
  Node aggregate(const Token& name);
  Node make_aggregate(const Token& name, Aggregate aggregate, std::vector<ExprPtr> arguments);
  std::optional<std::vector<ExprPtr>> arguments();
  std::optional<std::vector<std::string>> grouping_labels();
  bool grouping_label(std::vector<std::string>& labels);

  Node selector(const Token* name);
  bool matchers(VectorSelector& selector);
  bool matcher(VectorSelector& selector);
  bool may_make_regex(Position position, std::size_t bytes);

  Node brackets(Node node);
  Node range(const Node& node, const Token& opening, Duration length);
  Node offset(Node node);
  Node at(Node node);
  Node edges(Node node);
  TimeShift* shift_of(Expr& expr, std::string_view modifier);
  std::optional<double> duration(int precedence_min);
  std::optional<double> duration_operand();
  std::optional<double> duration_paren();
  std::optional<double> duration_choice();
  std::optional<double> duration_literal();
  std::optional<double> duration_of_query();
  std::optional<double> duration_operation(double left, const Token& op, double right,
                                           Position position);
  bool may_calculate(Position position);
  void fail_calculation(Position position, std::string_view message);
  std::optional<Duration> length_of(double seconds, Position position);
  std::optional<Duration> offset_duration();
  std::optional<Duration> positive_duration();

  ParserOptions options_;
  Lexer lexer_;
  std::string_view query_;
  std::optional<Token> token_;  ///< read ahead
  std::optional<QueryError> error_;
  std::size_t depth_ = 0;
  std::size_t tokens_ = 0;
  std::size_t regex_bytes_ = 0;
  std::size_t open_aggregations_ = 0;
  bool is_calculated_ = false;  ///< the current duration is not just a literal
  std::size_t closed_at_ = 0;   ///< the end of the last token that may end an expression
};

/// Counts one level of nesting while it lives; fails the parser where there are too many.
class Grammar::Level {
 public:
  explicit Level(Grammar& grammar);
  ~Level() { --grammar_->depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

  bool fits() const { return grammar_->depth_ <= grammar_->options_.depth_max; }

 private:
  Grammar* grammar_;
};

}  // namespace slod::promql
