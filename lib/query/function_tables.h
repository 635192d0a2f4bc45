#pragma once

#include <string_view>
#include <vector>

#include "lib/query/functions.h"

/// The functions by the file that has them; functions.cpp makes the tables of all.
namespace slod::query {

struct NamedWindowFunction {
  std::string_view name;
  WindowFunctionEntry entry;
};

struct NamedFrameFunction {
  std::string_view name;
  FrameFunction function;
};

std::vector<NamedWindowFunction> rate_functions();       ///< rate, increase, delta, irate, idelta
std::vector<NamedWindowFunction> change_functions();     ///< changes, resets
std::vector<NamedWindowFunction> trend_functions();      ///< deriv, predict_linear, smoothing
std::vector<NamedWindowFunction> over_time_functions();  ///< *_over_time

std::vector<NamedFrameFunction> math_functions();
std::vector<NamedFrameFunction> scalar_functions();  ///< scalar, vector, pi, min_of, start, ...
std::vector<NamedFrameFunction> time_functions();
std::vector<NamedFrameFunction> label_functions();
std::vector<NamedFrameFunction> sort_functions();
std::vector<NamedFrameFunction> histogram_functions();  ///< histogram_count, histogram_avg, ...
std::vector<NamedFrameFunction> histogram_quantile_functions();

}  // namespace slod::query
