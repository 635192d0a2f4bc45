#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/promql/expr.h"

namespace slod::promql {
namespace {

constexpr auto scalar = ValueType::scalar;
constexpr auto vector = ValueType::vector;
constexpr auto matrix = ValueType::matrix;
constexpr auto string = ValueType::string;

/// Functions that differ only in their names, which blanks divide.
struct Group {
  std::string_view names;
  std::vector<ValueType> arguments;
  int variadic = 0;
  ValueType result = vector;
};

/// The functions of Prometheus 3. Source: its documentation, querying/functions.
const std::vector<Group>& stable() {
  static const std::vector<Group> groups{
      {"abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg "
       "histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin "
       "sinh sort sort_desc sqrt tan tanh timestamp",
       {vector}},
      {"absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate "
       "last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time "
       "stdvar_over_time sum_over_time",
       {matrix}},
      {"day_of_month day_of_week day_of_year days_in_month hour minute month year", {vector}, 1},
      {"pi time", {}, 0, scalar},
      {"clamp", {vector, scalar, scalar}},
      {"clamp_max clamp_min", {vector, scalar}},
      {"histogram_fraction", {scalar, scalar, vector}},
      {"histogram_quantile", {scalar, vector}},
      {"label_join", {vector, string, string, string}, -1},
      {"label_replace", {vector, string, string, string, string}},
      {"predict_linear", {matrix, scalar}},
      {"quantile_over_time", {scalar, matrix}},
      {"round", {vector, scalar}, 1},
      {"scalar", {vector}, 0, scalar},
      {"vector", {scalar}},
  };
  return groups;
}

/// Those behind Prometheus's feature flag for experimental functions.
const std::vector<Group>& experimental() {
  static const std::vector<Group> groups{
      {"first_over_time mad_over_time ts_of_first_over_time ts_of_last_over_time "
       "ts_of_max_over_time ts_of_min_over_time",
       {matrix}},
      {"end range start step", {}, 0, scalar},
      {"max_of min_of", {scalar, scalar}, 0, scalar},
      {"double_exponential_smoothing", {matrix, scalar, scalar}},
      {"histogram_quantiles", {vector, string, scalar, scalar}, 9},
      {"info", {vector, vector}, 1},
      {"sort_by_label sort_by_label_desc", {vector, string}, -1},
  };
  return groups;
}

void append(const std::vector<Group>& groups, bool is_experimental, std::vector<Signature>& all) {
  for (const Group& group : groups) {
    std::string_view names = group.names;
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find(' '));
      all.push_back({.name = name,
                     .arguments = group.arguments,
                     .variadic = group.variadic,
                     .result = group.result,
                     .is_experimental = is_experimental});
      names.remove_prefix(std::min(names.size(), name.size() + 1));
    }
  }
}

/// All, ordered by name.
const std::vector<Signature>& signatures() {
  static const std::vector<Signature> ordered = [] {
    std::vector<Signature> all;
    append(stable(), false, all);
    append(experimental(), true, all);
    std::ranges::sort(all, {}, &Signature::name);
    return all;
  }();
  return ordered;
}

}  // namespace

const Signature* signature(std::string_view name) {
  const auto& all = signatures();
  const auto found = std::ranges::lower_bound(all, name, {}, &Signature::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

}  // namespace slod::promql
