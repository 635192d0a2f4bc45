#include "lib/slo/slice_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <variant>

namespace slod {
namespace {

using Values = std::span<const ElementValues>;

SliceValue whole_slice(bool is_good) {
  return {SliceValue::Kind::counted, {1, is_good ? 0.0 : 1.0}, {}};
}

double sum(const ElementValues& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Why nothing can be said of what `name` came to; empty where something can.
std::string unusable(const ElementValues& values, std::string_view name) {
  if (values.empty()) return fmt::format("{} has no value", name);
  const double value = sum(values);
  return std::isfinite(value) ? "" : fmt::format("{} is {}", name, value);
}

SliceValue judged(const EvaluatedAvailabilitySli& sli, Values values) {
  const std::string_view part_name = sli.good ? "good" : "bad";
  if (std::string why = unusable(values[0], "total"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  const double total = sum(values[0]);
  if (total < 0) return SliceValue::missing(fmt::format("total is {}, below zero", total));
  if (std::string why = unusable(values[1], part_name); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  if (total == 0) return {SliceValue::Kind::idle, {}, {}};
  const double part = std::clamp(sum(values[1]), 0.0, total);
  return {SliceValue::Kind::counted, {total, sli.good ? total - part : part}, {}};
}

SliceValue judged(const ErrorRatioSli& /*sli*/, Values values) {
  const ElementValues& ratio = values[0];
  if (ratio.size() != 1) {
    return SliceValue::missing(
        ratio.empty() ? "error_ratio has no value"
                      : fmt::format("error_ratio has {} elements instead of one", ratio.size()));
  }
  if (std::isnan(ratio[0])) return {SliceValue::Kind::idle, {}, {}};
  if (std::isinf(ratio[0])) return SliceValue::missing("error_ratio is infinite");
  return {SliceValue::Kind::counted, {1, std::clamp(ratio[0], 0.0, 1.0)}, {}};
}

SliceValue judged(const EvaluatedThroughputSli& sli, Values values) {
  if (std::string why = unusable(values[0], "total"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  const double rate = sum(values[0]);
  return whole_slice(sli.at_least_per_second ? rate >= *sli.at_least_per_second
                                             : rate <= *sli.at_most_per_second);
}

SliceValue judged(const ThresholdSli& sli, Values values) {
  const ElementValues& elements = values[0];
  if (elements.empty()) return SliceValue::missing("expr has no value");
  if (std::ranges::any_of(elements, [](double value) { return std::isnan(value); })) {
    return SliceValue::missing("expr is NaN");
  }
  return whole_slice(std::ranges::all_of(
      elements, [&](double value) { return sli.below ? value < *sli.below : value > *sli.above; }));
}

}  // namespace

SliceValue judge(const Sli& sli, Values values) {
  return std::visit(
      [&]<class Kind>(const Kind& of_kind) {
        if constexpr (requires { judged(of_kind, values); }) {
          return judged(of_kind, values);
        } else {
          assert(false);
          return SliceValue::missing("nothing is evaluated");
        }
      },
      sli);
}

}  // namespace slod
