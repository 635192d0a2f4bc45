#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/slo/sli/kind.h"

namespace slod {

/// The share of slices of time at whose end an expression kept a bound.
struct ThresholdSli {
  static constexpr std::string_view kind = "threshold";
  static constexpr RolloutLimit rollout_limit = RolloutLimit::none;

  Expression expression;
  std::optional<double> below;
  std::optional<double> above;  ///< exactly one of the two is set
  Duration slice{};

  std::string fingerprint() const;
  std::vector<const Expression*> expressions() const { return {&expression}; }
  static std::optional<SliPart> part() { return std::nullopt; }
  /// Every element must keep the bound; one that is NaN says nothing.
  SliceValue judge(std::span<const ElementValues> values) const;
};

}  // namespace slod
