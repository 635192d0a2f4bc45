#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/series/labels.h"
#include "lib/sketch/native_histogram.h"
#include "lib/time/instant.h"

namespace slod::query {

/// The evaluation times of a query or subquery: start, start + step, ...
struct Steps {
  Instant start;
  Duration step{};        ///< > 0 where count > 1
  std::size_t count = 1;  ///< >= 1, or 0 for a subquery whose range holds no step

  Instant at(std::size_t index) const { return start + step * static_cast<std::int64_t>(index); }
};

/// A value at one time: nothing, a float or a histogram.
struct Point {
  enum class Kind : std::uint8_t { none, number, histogram };
  Kind kind = Kind::none;
  double number = 0;
  HistogramPtr histogram = nullptr;

  Point() = default;
  explicit Point(double value) : kind(Kind::number), number(value) {}
  explicit Point(HistogramPtr value) : kind(Kind::histogram), histogram(std::move(value)) {}
};

/// One series's values at all steps: evaluation goes series by series, so that labels are looked at
/// once for a query and not once for each step.
struct Column {
  Labels labels;
  bool drops_name = false;               ///< with delayed name removal: __name__ goes at the end
  std::vector<Point::Kind> kinds;        ///< one for each step
  std::vector<double> numbers;           ///< beside `kinds`
  std::vector<HistogramPtr> histograms;  ///< empty, or beside `kinds`

  Column() = default;
  Column(Labels series, std::size_t steps)
      : labels(std::move(series)), kinds(steps, Point::Kind::none), numbers(steps, 0) {}

  Point at(std::size_t step) const;
  void set(std::size_t step, double value) {
    kinds[step] = Point::Kind::number;
    numbers[step] = value;
  }
  void set(std::size_t step, HistogramPtr value);
  void set(std::size_t step, const Point& point);
  void clear(std::size_t step) { kinds[step] = Point::Kind::none; }
  bool is_empty() const;  ///< no value at any step
};

/// An instant vector at all steps. Columns may have the same labels as long as no two of them have
/// a value at the same step.
using Frame = std::vector<Column>;

/// A scalar at all steps.
using ScalarFrame = std::vector<double>;

}  // namespace slod::query
