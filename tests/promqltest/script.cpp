#include "tests/promqltest/script.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/text/go_string.h"

namespace slod::promqltest {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Trimmed lines; a comment is an empty line.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    if (line.starts_with('#')) line = {};
    lines.push_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

bool take_word(std::string_view& line, std::string_view word) {
  if (!line.starts_with(word)) return false;
  const std::string_view rest = line.substr(word.size());
  if (!rest.empty() && rest[0] != ' ' && rest[0] != '\t') return false;
  line = trimmed(rest);
  return true;
}

class Script {
 public:
  explicit Script(std::string_view text) : lines_(lines_of(text)) {}

  std::vector<Command> read() {
    std::vector<Command> commands;
    for (at_ = 0; at_ < lines_.size();) {
      if (lines_[at_].empty()) {
        ++at_;
        continue;
      }
      const std::size_t line = at_ + 1;
      auto command = read_command();
      if (command) {
        command->line = line;
        commands.push_back(std::move(*command));
        continue;
      }
      commands.push_back({.line = at_ + 1, .what = Unread{std::move(command.error())}});
      while (at_ < lines_.size() && !lines_[at_].empty()) ++at_;
    }
    return commands;
  }

 private:
  std::expected<Command, std::string> read_command() {
    std::string first(lines_[at_].substr(0, lines_[at_].find_first_of(" \t")));
    std::ranges::transform(first, first.begin(), [](unsigned char byte) {
      return static_cast<char>(std::tolower(byte));
    });
    if (first == "clear") {
      ++at_;
      return Command{.line = 0, .what = Clear{}};
    }
    if (first.starts_with("load")) return read_load();
    if (first.starts_with("eval")) return read_eval();
    return std::unexpected(fmt::format("expected load, clear or eval, found {:?}", lines_[at_]));
  }

  std::expected<Command, std::string> read_load() {
    static const re2::RE2 pattern(R"(^load(_with_nhcb)?\s+(.+?)$)");
    std::string nhcb;
    std::string step;
    if (!re2::RE2::FullMatch(std::string(lines_[at_]), pattern, &nhcb, &step)) {
      return std::unexpected("expected load STEP");
    }
    Load load;
    load.with_custom_buckets = !nhcb.empty();
    const auto duration = parse_offset(step);
    if (!duration) return std::unexpected(duration.error());
    load.step = *duration;
    std::optional<SeriesLine> starts;
    for (++at_; at_ < lines_.size() && !lines_[at_].empty(); ++at_) {
      if (is_starts_line(lines_[at_])) {
        if (starts) return std::unexpected("expected the values of the series of the @st line");
        auto read = parse_starts(lines_[at_]);
        if (!read) return std::unexpected(read.error());
        if (read->labels == Labels()) {
          load.default_starts = std::move(read->starts);
        } else {
          starts = std::move(*read);
        }
        continue;
      }
      auto series = parse_series(lines_[at_]);
      if (!series) return std::unexpected(series.error());
      if (auto joined = join(std::exchange(starts, std::nullopt), *series); !joined) {
        return std::unexpected(joined.error());
      }
      load.series.push_back(std::move(*series));
    }
    if (starts) return std::unexpected("expected values after the @st line, found none");
    return Command{.line = 0, .what = std::move(load)};
  }

  /// Gives a series the starts of the line before it.
  static std::expected<void, std::string> join(std::optional<SeriesLine> starts,
                                               SeriesLine& series) {
    if (!starts) return {};
    if (starts->labels != series.labels) {
      return std::unexpected(fmt::format("expected values of {}, as the @st line has it, found {}",
                                         to_text(starts->labels), to_text(series.labels)));
    }
    if (starts->starts.size() != series.values.size()) {
      return std::unexpected(fmt::format("expected as many values as starts, found {} and {}",
                                         series.values.size(), starts->starts.size()));
    }
    series.starts = std::move(starts->starts);
    return {};
  }

  std::expected<Command, std::string> read_eval() {
    static const re2::RE2 instant(
        R"(^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$)");
    static const re2::RE2 range(
        R"(^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$)");
    const std::string line(lines_[at_]);
    Eval eval;
    std::string kind;
    std::string start;
    std::string end;
    std::string step;
    if (re2::RE2::FullMatch(line, instant, &kind, &start, &eval.query)) {
      const auto at = parse_offset(start.empty() ? "0" : start);
      if (!at) return std::unexpected(at.error());
      eval.when = Instant(*at);
    } else if (re2::RE2::FullMatch(line, range, &kind, &start, &end, &step, &eval.query)) {
      const auto steps = range_of(start, end, step);
      if (!steps) return std::unexpected(steps.error());
      eval.when = *steps;
    } else {
      return std::unexpected("expected eval instant [at T] QUERY or eval range from T to T step D");
    }
    eval.fail.required = kind == "fail";
    eval.warnings.required = kind == "warn";
    eval.infos.required = kind == "info";
    eval.is_ordered = kind == "ordered";
    for (++at_; at_ < lines_.size() && !lines_[at_].empty(); ++at_) {
      auto done = read_expectation(eval, lines_[at_]);
      if (!done) return std::unexpected(done.error());
    }
    return Command{.line = 0, .what = std::move(eval)};
  }

  static std::expected<RangeOfSteps, std::string> range_of(std::string_view start,
                                                           std::string_view end,
                                                           std::string_view step) {
    const auto from = parse_offset(trimmed(start));
    const auto to = parse_offset(trimmed(end));
    const auto by = parse_offset(trimmed(step));
    for (const auto* part : {&from, &to, &by}) {
      if (!*part) return std::unexpected(part->error());
    }
    if (*to < *from || *by <= Duration{}) {
      return std::unexpected(fmt::format(
          "expected an end not before the start and a step above 0, found {} to {} step {}", start,
          end, step));
    }
    return RangeOfSteps{Instant(*from), Instant(*to), *by};
  }

  std::expected<void, std::string> read_expectation(Eval& eval, std::string_view line) {
    std::string_view rest = line;
    if (take_word(rest, "expected_fail_message")) {
      eval.fail.messages.emplace_back(rest);
      return {};
    }
    if (take_word(rest, "expected_fail_regexp")) {
      return add_pattern(eval.fail, rest);
    }
    if (take_word(rest, "expect")) return read_expect(eval, rest);
    double number = 0;
    if (is_number(line, number)) {
      eval.scalar = number;
      return {};
    }
    auto series = parse_series(line);
    if (!series) return std::unexpected(series.error());
    const bool is_vector = std::holds_alternative<Instant>(eval.when) && !eval.range_vector;
    if (is_vector && series->values.size() != 1) {
      return std::unexpected(
          fmt::format("expected one value at one time, found {}", series->values.size()));
    }
    eval.series.push_back(std::move(*series));
    return {};
  }

  static bool is_number(std::string_view line, double& number) {
    static const re2::RE2 pattern(R"([+-]?(?:0[xX][0-9a-fA-F]+|[iI][nN][fF]|[nN][aA][nN]|)"
                                  R"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))");
    const std::string text(line);
    if (!re2::RE2::FullMatch(text, pattern)) return false;
    number = std::strtod(text.c_str(), nullptr);
    return true;
  }

  static std::expected<void, std::string> add_pattern(Expected& expected, std::string_view text) {
    std::string pattern(text);
    const re2::RE2 compiled(pattern, re2::RE2::Quiet);
    if (!compiled.ok()) {
      return std::unexpected(
          fmt::format("expected a regular expression, found {:?}: {}", pattern, compiled.error()));
    }
    expected.patterns.push_back(std::move(pattern));
    return {};
  }

  std::expected<void, std::string> read_expect(Eval& eval, std::string_view rest) {
    if (take_word(rest, "ordered")) {
      eval.is_ordered = true;
      return {};
    }
    if (take_word(rest, "string")) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      const bool is_quoted =
          rest.starts_with('"') || rest.starts_with('\'') || rest.starts_with('`');
      const auto read = is_quoted ? read_go_string(rest) : std::unexpected(GoStringFault{});
      if (!read) return std::unexpected("expected a quoted string");
      eval.string = read->value;
      return {};
    }
    static const re2::RE2 vector(R"(range vector from\s+(.+)\s+to\s+(.+)\s+step\s+(.+))");
    std::string start;
    std::string end;
    std::string step;
    if (re2::RE2::FullMatch(std::string(rest), vector, &start, &end, &step)) {
      const auto steps = range_of(start, end, step);
      if (!steps) return std::unexpected(steps.error());
      eval.range_vector = *steps;
      if (!std::holds_alternative<Instant>(eval.when)) {
        return std::unexpected("expected an instant query for a range vector, found a range query");
      }
      eval.when = steps->end;  // as Prometheus has it, whatever the eval line says
      return {};
    }
    static const re2::RE2 pattern(R"((fail|warn|no_warn|info|no_info)(?:\s+(msg|regex):(.*))?)");
    std::string kind;
    std::string form;
    std::string text;
    if (!re2::RE2::FullMatch(std::string(rest), pattern, &kind, &form, &text)) {
      return std::unexpected(fmt::format("expected what to expect, found {:?}", rest));
    }
    Expected& expected = kind == "fail"           ? eval.fail
                         : kind.ends_with("warn") ? eval.warnings
                                                  : eval.infos;
    (kind.starts_with("no_") ? expected.forbidden : expected.required) = true;
    if (expected.forbidden && expected.required) {
      return std::unexpected("expected annotations or none, found both");
    }
    if (form == "msg") expected.messages.emplace_back(trimmed(text));
    if (form == "regex") return add_pattern(expected, trimmed(text));
    return {};
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Command> parse_script(std::string_view text) {
  return Script(text).read();
}

}  // namespace slod::promqltest
