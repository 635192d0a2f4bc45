#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/query/annotations.h"
#include "lib/query/evaluate.h"
#include "lib/query/frame.h"
#include "lib/query/query_limits.h"

namespace slod::query {

/// The samples of one series in one range, without stale markers, ascending in time.
struct Window {
  std::span<const Instant> times;
  std::span<const double> numbers;           ///< beside `times`
  std::span<const HistogramPtr> histograms;  ///< empty where all are floats; else null for a float
  Interval range;                            ///< (begin, end], `offset` and `@` applied
  Instant at;                                ///< the evaluation time
  std::string_view metric;                   ///< the series's name, for annotations
  /// How many numbers are lower than the one before, where they are counted already.
  std::optional<std::size_t> resets = std::nullopt;
  /// Where they are not plain, samples beyond `range` are here as well.
  promql::Edges edges = promql::Edges::plain;
  /// Since when each sample has counted; empty, or beside `times`.
  std::span<const Instant> starts = {};

  bool is_histogram(std::size_t index) const {
    return !histograms.empty() && histograms[index] != nullptr;
  }
};

/// What a function may need besides its arguments.
struct Context {
  const Steps& steps;
  const Options& options;
  Steps query;  ///< of the whole query, also within a subquery: start(), end(), step()
  const promql::Call& call;
  promql::Position position;  ///< of the call
  /// The position of each argument without its parentheses, for annotations that point at it.
  std::vector<promql::Position> argument_positions;
  Annotations& annotations;
  QueryLimits& limits;
  /// The end that the query asked for, where it is not the last of its steps: end(), range().
  std::optional<Instant> query_end = std::nullopt;
  /// The metric that was last annotated as no counter. Only for the functions, so that they do not
  /// make the same text for each window.
  std::string noted_as_no_counter = {};
  /// Set by a window function that cannot continue: its caller ends the query with this text.
  std::string failure = {};
};

/// A function of a range vector: one series, one window, one value (or none). `scalars` are the
/// other arguments at this step, in their order. Called for windows with at least one sample. The
/// function leaves names as they are: its caller drops them (drop_name) unless the entry keeps
/// them, and then merges columns that have become the same (merge_same_labels).
using WindowFunction =
    std::function<Point(const Window& window, std::span<const double> scalars, Context& context)>;

struct WindowFunctionEntry {
  WindowFunction function;
  bool keeps_name = false;  ///< last_over_time, first_over_time
};

/// Null where `name` is no function of a range vector (absent_over_time is none: see below).
const WindowFunctionEntry* window_function(std::string_view name);

/// An argument of a function of instant vectors, evaluated at all steps.
using Argument = std::variant<ScalarFrame, Frame, std::string>;

using FrameResult = std::expected<Frame, Error>;

/// A function of anything but a range vector. May take the arguments' contents. Optional arguments
/// that are not written are not in `arguments`. Names are dropped where Prometheus's function drops
/// them, and columns that become the same are merged. Error: two of them have a value at the same
/// step, or an argument is wrong. A Frame has no times of samples, which timestamp() of a selector
/// needs: here timestamp() gives the time of the step, and the evaluator handles that case.
using FrameFunction =
    std::function<FrameResult(std::vector<Argument>& arguments, Context& context)>;
/// Null where `name` is no such function. Functions whose result is a scalar (scalar, time, pi,
/// start, end, step, range) return one column without labels, with a number at every step.
const FrameFunction* frame_function(std::string_view name);

/// `absent(v)` and `absent_over_time(v)`: 1 at the steps where no column has a value. `argument` is
/// the expression as written, whose equality matchers become the labels.
Frame absent(const Frame& values, const promql::Expr& argument, const Steps& steps);

/// Takes the metric name off, now or at the end, as the options say.
void drop_name(Column& column, const Options& options);

}  // namespace slod::query
