#include "lib/slo/sli/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/slo/sli/bound_text.h"

namespace slod {

std::string ThresholdSli::fingerprint() const {
  return fmt::format("threshold {}{}{} slice {}", canonical(expression), bound_text("below", below),
                     bound_text("above", above), format_duration(slice));
}

SliceValue ThresholdSli::judge(std::span<const ElementValues> values) const {
  const ElementValues& elements = values[0];
  if (elements.empty()) return SliceValue::missing("expr has no value");
  if (std::ranges::any_of(elements, [](double value) { return std::isnan(value); })) {
    return SliceValue::missing("expr is NaN");
  }
  return SliceValue::whole(std::ranges::all_of(
      elements, [this](double value) { return below ? value < *below : value > *above; }));
}

}  // namespace slod
