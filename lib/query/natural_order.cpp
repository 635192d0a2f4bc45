#include "lib/query/natural_order.h"

#include <algorithm>
#include <cstddef>

#include "lib/promql/characters.h"

namespace slod::query {
namespace {

/// Takes the digits or the other bytes that `text` begins with.
std::string_view take_run(std::string_view& text) {
  const bool digits = promql::is_digit(text.front());
  std::size_t length = 1;
  while (length < text.size() && promql::is_digit(text[length]) == digits) ++length;
  const std::string_view run = text.substr(0, length);
  text.remove_prefix(length);
  return run;
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

std::strong_ordering compare_runs(std::string_view one, std::string_view other) {
  if (!promql::is_digit(one.front()) || !promql::is_digit(other.front())) return one <=> other;
  const std::string_view a = without_zeros(one);
  const std::string_view b = without_zeros(other);
  return a.size() != b.size() ? a.size() <=> b.size() : a <=> b;
}

}  // namespace

std::strong_ordering natural_order(std::string_view one, std::string_view other) {
  std::string_view a = one;
  std::string_view b = other;
  while (!a.empty() && !b.empty()) {
    const auto order = compare_runs(take_run(a), take_run(b));
    if (order != 0) return order;
  }
  if (a.empty() != b.empty())
    return a.empty() ? std::strong_ordering::less : std::strong_ordering::greater;
  return one <=> other;
}

}  // namespace slod::query
