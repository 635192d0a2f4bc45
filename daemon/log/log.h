#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "lib/time/instant.h"

/// The log of slod: one event a line, on stderr, written before the call returns. spdlog filters by
/// level, takes the time, writes and keeps the lines of several threads apart; the form of a line
/// is ours. The time is the machine's wall clock's, as in every other log on it.
///
/// No function here takes a secret, and nothing that holds one may be turned into text for it.
namespace slod::log {

enum class Level { debug, info, warning, error };
enum class Format { logfmt, json };

/// One thing known about an event. The texts must live until the call returns.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, double, bool>;

  Field(std::string_view field, std::string_view text) : name(field), value(text) {}
  Field(std::string_view field, const std::string& text)
      : name(field), value(std::string_view(text)) {}
  Field(std::string_view field, const char* text) : name(field), value(std::string_view(text)) {}
  Field(std::string_view field, std::same_as<bool> auto truth) : name(field), value(truth) {}
  Field(std::string_view field, std::integral auto number)
    requires(!std::same_as<decltype(number), bool>)
      : name(field), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field, double number) : name(field), value(number) {}

  std::string_view name;  ///< letters, digits and '_'
  Value value;
};

using Fields = std::initializer_list<Field>;

/// Chooses what is written from now on. Before the first call: info and above, as logfmt. To be
/// called while no other thread logs.
void start(Level level, Format format);

void debug(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void warning(std::string_view message, Fields fields = {});
void error(std::string_view message, Fields fields = {});

/// The line of one event, without a line feed:
/// `time=2026-11-24T10:00:00Z level=info msg="scrape failed" target=api`, or one JSON object with
/// the same names. Values may come from anywhere: quotes, control characters, line and direction
/// marks and bytes that are no UTF-8 are escaped, and a value ends after 4096 bytes.
std::string line(Format format, Instant at, Level level, std::string_view message,
                 std::span<const Field> fields);

/// "debug", "info", "warning" or "error"; on error one sentence.
std::expected<Level, std::string> parse_level(std::string_view text);
/// "logfmt" or "json"; on error one sentence.
std::expected<Format, std::string> parse_format(std::string_view text);
std::string_view to_string(Level level);

}  // namespace slod::log
