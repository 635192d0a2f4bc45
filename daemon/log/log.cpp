#include "daemon/log/log.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <iterator>
#include <memory>
#include <utility>

#include "lib/text/printable.h"
#include "lib/text/utf8.h"

namespace slod::log {
namespace {

constexpr std::size_t value_bytes_max = 4096;

/// Appends `text` between quotes, with JSON's escapes, which are logfmt's too.
void append_quoted(std::string& out, std::string_view text) {
  const bool cut = text.size() > value_bytes_max;
  if (cut) text = text.substr(0, value_bytes_max);
  out += '"';
  while (!text.empty()) {
    const std::size_t bytes = utf8_length(text);
    const char32_t code = bytes == 0 ? 0 : code_point(text.substr(0, bytes));
    if (bytes == 0) {
      out += "\\ufffd";
    } else if (code == '"' || code == '\\') {
      out += '\\';
      out += text[0];
    } else if (code == '\n') {
      out += "\\n";
    } else if (is_acted_on(code)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  if (cut) out += "...";
  out += '"';
}

bool is_bare(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+,";
  return !text.empty() && text.size() <= value_bytes_max &&
         text.find_first_not_of(plain) == std::string_view::npos;
}

void append_value(std::string& out, Format format, const Field::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    if (format == Format::logfmt && is_bare(*text)) {
      out += *text;
    } else {
      append_quoted(out, *text);
    }
  } else if (const auto* number = std::get_if<double>(&value)) {
    if (format == Format::json && !std::isfinite(*number)) {
      out += "null";
    } else {
      fmt::format_to(std::back_inserter(out), "{}", *number);
    }
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    fmt::format_to(std::back_inserter(out), "{}", *whole);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

/// An event but for its time and level: `msg="scrape failed" target=api`.
std::string event_text(Format format, std::string_view message, std::span<const Field> fields) {
  const bool json = format == Format::json;
  std::string out;
  const auto append = [&](std::string_view name, const Field::Value& value) {
    if (!out.empty()) out += json ? ',' : ' ';
    if (json) {
      append_quoted(out, name);
      out += ':';
    } else {
      out += name;
      out += '=';
    }
    append_value(out, format, value);
  };
  append("msg", message);
  for (const Field& field : fields) append(field.name, field.value);
  return out;
}

/// Makes the line of an event: spdlog's time and level, and then its text.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(Format format) : format_(format) {}

  void format(const spdlog::details::log_msg& event, spdlog::memory_buf_t& line) override {
    const std::string time = format_instant(std::chrono::time_point_cast<Duration>(event.time));
    const std::string_view level = name_of(event.level);
    const std::string_view text(event.payload.data(), event.payload.size());
    auto end = std::back_inserter(line);
    if (format_ == Format::json) {
      fmt::format_to(end, R"({{"time":"{}","level":"{}",{}}})", time, level, text);
    } else {
      fmt::format_to(end, "time={} level={} {}", time, level, text);
    }
    line.push_back('\n');
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  static std::string_view name_of(spdlog::level::level_enum level) {
    const auto name = spdlog::level::to_string_view(level);
    return {name.data(), name.size()};
  }

  Format format_;
};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  std::unreachable();
}

/// The process has one stderr, and so one of these. Synchronous, and not in spdlog's registry: what
/// is logged while the process ends is written, too.
struct Output {
  Output() : logger("slod", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    choose(Level::info, Format::logfmt);
  }

  void choose(Level level, Format new_format) {
    logger.set_level(spdlog_level(level));
    logger.set_formatter(std::make_unique<LineFormatter>(new_format));
    format = new_format;
  }

  spdlog::logger logger;
  std::atomic<Format> format = Format::logfmt;
};

Output& output() {
  static Output one;
  return one;
}

void write(Level level, std::string_view message, Fields fields) {
  Output& out = output();
  if (!out.logger.should_log(spdlog_level(level))) return;
  const std::string text = event_text(out.format, message, std::span(fields));
  out.logger.log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace

void start(Level level, Format format) {
  output().choose(level, format);
}

void debug(std::string_view message, Fields fields) {
  write(Level::debug, message, fields);
}
void info(std::string_view message, Fields fields) {
  write(Level::info, message, fields);
}
void warning(std::string_view message, Fields fields) {
  write(Level::warning, message, fields);
}
void error(std::string_view message, Fields fields) {
  write(Level::error, message, fields);
}

std::string line(Format format, Instant at, Level level, std::string_view message,
                 std::span<const Field> fields) {
  const std::string text = event_text(format, message, fields);
  const spdlog::details::log_msg event(at, {}, {}, spdlog_level(level),
                                       spdlog::string_view_t(text.data(), text.size()));
  spdlog::memory_buf_t line;
  LineFormatter(format).format(event, line);
  return {line.data(), line.size() - 1};
}

std::expected<Level, std::string> parse_level(std::string_view text) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error}) {
    if (text == to_string(level)) return level;
  }
  return std::unexpected(
      fmt::format("expected a log level (debug, info, warning or error), found \"{}\"", text));
}

std::expected<Format, std::string> parse_format(std::string_view text) {
  if (text == "logfmt") return Format::logfmt;
  if (text == "json") return Format::json;
  return std::unexpected(fmt::format("expected a log format (logfmt or json), found \"{}\"", text));
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  std::unreachable();
}

}  // namespace slod::log
