#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/query/functions.h"

namespace slod::query {

inline Instant at(double unix_seconds) {
  return Instant(duration_from_seconds(unix_seconds));
}

inline Steps every_second(std::size_t count) {
  return {.start = at(0), .step = std::chrono::seconds(1), .count = count};
}

/// A series and a window over all of it; `begin` and `end` of the range in seconds.
struct TestWindow {
  std::vector<Instant> times;
  std::vector<double> numbers;
  std::vector<HistogramPtr> histograms;
  double begin = 0;
  double end = 0;
  std::string metric = "requests_total";

  Window window() const {
    return {.times = times,
            .numbers = numbers,
            .histograms = histograms,
            .range = {at(begin), at(end)},
            .at = at(end),
            .metric = metric};
  }
};

/// Samples every `interval` seconds from `first` on. A sample that starts with "{{" is a native
/// histogram in PromQL's test notation, else a number.
TestWindow samples(std::initializer_list<std::string_view> values, double interval,
                   double first = 0);

/// What functions are called with; a query of one step at 0 unless it is set otherwise.
struct TestCall {
  Steps steps;
  Options options;
  promql::Call call;
  Annotations annotations;
  QueryLimits limits;
  Context context;

  explicit TestCall(Steps evaluated = {});
  TestCall(const TestCall&) = delete;
  TestCall& operator=(const TestCall&) = delete;

  Point window(std::string_view function, const TestWindow& samples,
               std::vector<double> scalars = {});
  std::expected<Frame, Error> frame(std::string_view function, std::vector<Argument> arguments);
  /// All annotations, without positions.
  std::vector<std::string> annotation_texts() const;
};

/// A column with these values from the first step on; NaN is a value.
Column column(Labels labels, const std::vector<double>& values);
ScalarFrame scalars(double value, std::size_t steps = 1);

/// A native histogram in PromQL's test notation.
HistogramPtr histogram(std::string_view notation);

/// "{a="b"} 1 _ {count:2, ...}", one for each column.
std::vector<std::string> to_texts(const Frame& frame);
std::string to_text(const Point& point);

}  // namespace slod::query
