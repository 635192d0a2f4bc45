#include <cstddef>
#include <vector>

#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"
#include "lib/sketch/native_histogram_quantile.h"

namespace slod::query {
namespace {

double count(const NativeHistogram& histogram) {
  return histogram.count;
}

double sum(const NativeHistogram& histogram) {
  return histogram.sum;
}

/// Floats go.
template <double (*compute)(const NativeHistogram&)>
std::expected<Frame, Error> of_histograms(std::vector<Argument>& arguments, Context& context) {
  Frame frame = take_frame(arguments, 0);
  for (Column& column : frame) {
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      if (column.kinds[step] == Point::Kind::histogram) {
        column.set(step, compute(*column.histograms[step]));
      } else {
        column.clear(step);
      }
    }
    column.histograms.clear();
  }
  return without_names(std::move(frame), context);
}

}  // namespace

std::vector<NamedFrameFunction> histogram_functions() {
  return {{"histogram_count", of_histograms<count>},
          {"histogram_sum", of_histograms<sum>},
          {"histogram_avg", of_histograms<average>},
          {"histogram_stdvar", of_histograms<variance>},
          {"histogram_stddev", of_histograms<std_deviation>}};
}

}  // namespace slod::query
