#include "lib/slo/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/promql/printer.h"

namespace slod {
namespace {

constexpr std::string_view opening = "{{";

/// The bytes of a {{.window}} at the start of `text`; 0 where there is none.
std::size_t placeholder_bytes(std::string_view text) {
  if (!text.starts_with(opening)) return 0;
  std::size_t at = opening.size();
  const auto skip = [&](char c) {
    while (at < text.size() && text[at] == c) ++at;
  };
  if (at < text.size() && text[at] == '-') ++at;
  skip(' ');
  constexpr std::string_view name = ".window";
  if (!text.substr(at).starts_with(name)) return 0;
  at += name.size();
  skip(' ');
  if (at < text.size() && text[at] == '-') ++at;
  return text.substr(at).starts_with("}}") ? at + 2 : 0;
}

/// Where in `written` a byte of the text came from.
std::size_t written_offset(const std::vector<Expression::Window>& windows, std::size_t offset) {
  std::size_t text_at = 0;
  std::size_t written_at = 0;
  for (const Expression::Window& window : windows) {
    const std::size_t plain = window.begin - written_at;
    if (offset < text_at + plain) break;
    text_at += plain;
    if (offset < text_at + window.put_in) return window.begin;
    text_at += window.put_in;
    written_at = window.end;
  }
  return written_at + (offset - text_at);
}

/// The first {{...}} that is no window; empty where there is none.
std::string_view other_template(std::string_view written) {
  std::size_t at = written.find(opening);
  while (at != std::string_view::npos && placeholder_bytes(written.substr(at)) > 0) {
    at = written.find(opening, at + opening.size());
  }
  if (at == std::string_view::npos) return {};
  const std::size_t close = written.find("}}", at);
  return close == std::string_view::npos ? std::string_view{} : written.substr(at, close + 2 - at);
}

std::string message_of(const promql::QueryError& error, std::string_view written) {
  if (const std::string_view other = other_template(written); !other.empty()) {
    return fmt::format("expected {{{{.window}}}} as the only template, found {}", other);
  }
  return fmt::format("expected a PromQL expression, found one with an error: {}", error.message);
}

}  // namespace

std::string_view Expression::written_part(promql::Position position) const {
  const std::size_t begin = std::min(written_offset(windows, position.begin), written.size());
  if (position.end <= position.begin) return std::string_view(written).substr(begin, 0);
  std::size_t end = written_offset(windows, position.end - 1) + 1;
  // The last byte may be of a window that was put in.
  for (const Window& window : windows) {
    if (window.begin < end && end <= window.end) end = window.end;
  }
  return std::string_view(written).substr(begin, std::min(end, written.size()) - begin);
}

std::string canonical(const Expression& expression) {
  return promql::to_text(*expression.parsed);
}

std::expected<Expression, ExpressionError> parse_expression(std::string_view written,
                                                            Duration window) {
  Expression expression;
  expression.written = written;
  const std::string put_in = format_duration(window);
  for (std::size_t at = 0; at < written.size();) {
    const std::size_t bytes = placeholder_bytes(written.substr(at));
    if (bytes == 0) {
      expression.text += written[at++];
      continue;
    }
    expression.windows.push_back({at, at + bytes, put_in.size()});
    expression.text += put_in;
    at += bytes;
  }
  auto parsed = promql::parse(expression.text);
  if (!parsed) {
    const promql::QueryError& error = parsed.error();
    return std::unexpected(ExpressionError{written_offset(expression.windows, error.position.begin),
                                           message_of(error, written)});
  }
  expression.parsed = std::move(*parsed);
  return expression;
}

}  // namespace slod
