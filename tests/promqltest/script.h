#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/query/frame.h"
#include "lib/series/labels.h"
#include "lib/time/instant.h"

/// Prometheus's test language for PromQL: files of `load`, `clear` and `eval` commands.
namespace slod::promqltest {

/// One value of a series line.
struct SeriesValue {
  query::Point point;  ///< nothing for `_`
  bool hint_given =
      false;  ///< a histogram's counter_reset_hint was written: it is compared only then
};

/// `metric{label="value"} 1 2 _ 4x3`: one value or none for each step.
struct SeriesLine {
  Labels labels;  ///< with __name__ where the series has a name
  std::vector<SeriesValue> values;
  /// From an `@st` line: when each value began to count, from the value's own time; nothing for
  /// `_`. Empty where no such line stands before.
  std::vector<std::optional<Duration>> starts;
};

struct Load {
  Duration step{};
  bool with_custom_buckets = false;  ///< load_with_nhcb: classic histograms also become native
  std::vector<SeriesLine> series;    ///< of a series that comes twice, the last counts
  /// A lone `@st` line: the starts of series without their own, over and over.
  std::vector<std::optional<Duration>> default_starts;
};

struct Clear {};

/// How many annotations or failures of a kind there must be, and what they say.
struct Expected {
  bool required = false;   ///< at least one
  bool forbidden = false;  ///< none
  std::vector<std::string> messages;
  std::vector<std::string> patterns;  ///< RE2
};

struct RangeOfSteps {
  Instant start;
  Instant end;
  Duration step{};
};

struct Eval {
  std::string query;
  std::variant<Instant, RangeOfSteps> when;
  bool is_ordered = false;
  Expected fail;
  Expected warnings;
  Expected infos;
  std::optional<double> scalar;
  std::optional<std::string> string;
  std::optional<RangeOfSteps> range_vector;  ///< an instant query whose result is a range vector
  std::vector<SeriesLine> series;
};

/// A command that is not in the language: what was expected and what was found.
struct Unread {
  std::string why;
};

struct Command {
  std::size_t line = 0;  ///< counts from 1; of what is not read, the line that it fails at
  std::variant<Load, Clear, Eval, Unread> what;
};

/// What cannot be read is passed over up to the next empty line, so that the rest still runs.
std::vector<Command> parse_script(std::string_view text);

/// A series and its values.
std::expected<SeriesLine, std::string> parse_series(std::string_view line);

/// Whether a line is one of start times: its first word ends in `@st`.
bool is_starts_line(std::string_view line);

/// `metric@st -1m 30sx2 _`: the series (no labels for a lone `@st`) and its starts; no values.
std::expected<SeriesLine, std::string> parse_starts(std::string_view line);

/// A duration ("1h30m") or a number of seconds, with a minus or not.
std::expected<Duration, std::string> parse_offset(std::string_view text);

}  // namespace slod::promqltest
