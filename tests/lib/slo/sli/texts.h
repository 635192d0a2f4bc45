#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "lib/slo/sli/sli.h"

namespace slod {

inline promql::Selector selector(std::string_view text) {
  return promql::parse_selector(text).value();
}

inline Expression expression(std::string_view text = "avg(x)", Duration window = Duration(60'000)) {
  return parse_expression(text, window).value();
}

/// Each demanded series as "total requests_total"; with a minus where it is taken off.
inline std::vector<std::string> demanded(const Sli& sli) {
  std::vector<std::string> texts;
  for (const auto& [selector, role, subtracted] : demands(sli)) {
    texts.push_back(
        fmt::format("{} {}{}", to_string(role), subtracted ? "- " : "", selector.text()));
  }
  return texts;
}

/// Each expression as it is evaluated.
inline std::vector<std::string> evaluated(const Sli& sli) {
  std::vector<std::string> texts;
  for (const Expression* each : expressions(sli)) texts.push_back(each->text);
  return texts;
}

/// "total/bad", "idle", or why the slice is missing.
inline std::string judged(const Sli& sli, const std::vector<ElementValues>& values) {
  const SliceValue value = judge(sli, values);
  if (value.kind == SliceValue::Kind::idle) return "idle";
  if (value.kind == SliceValue::Kind::missing) return value.why;
  return fmt::format("{}/{}", value.events.total, value.events.bad);
}

}  // namespace slod
