#include "lib/query/frame.h"

#include <algorithm>
#include <utility>

namespace slod::query {

Point Column::at(std::size_t step) const {
  switch (kinds[step]) {
    case Point::Kind::number:
      return Point(numbers[step]);
    case Point::Kind::histogram:
      return Point(histograms[step]);
    case Point::Kind::none:
      break;
  }
  return {};
}

void Column::set(std::size_t step, HistogramPtr value) {
  if (histograms.empty()) histograms.resize(kinds.size());
  kinds[step] = Point::Kind::histogram;
  histograms[step] = std::move(value);
}

void Column::set(std::size_t step, const Point& point) {
  switch (point.kind) {
    case Point::Kind::none:
      clear(step);
      break;
    case Point::Kind::number:
      set(step, point.number);
      break;
    case Point::Kind::histogram:
      set(step, point.histogram);
      break;
  }
}

bool Column::is_empty() const {
  return std::ranges::all_of(kinds, [](Point::Kind kind) { return kind == Point::Kind::none; });
}

}  // namespace slod::query
