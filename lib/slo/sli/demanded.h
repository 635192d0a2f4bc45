#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/slo/event_sum.h"

namespace slod {

/// What a demanded series is to an SLO: what its events are or, where an expression reads its
/// samples, a value.
enum class Role : std::uint8_t { total, good, bad, bucket, value };

/// As the configuration calls it: "total", "good", "bad", "histogram" or "expressions".
std::string_view to_string(Role role);

/// Series that an SLO needs, and what for.
struct Demanded {
  promql::Selector selector;
  Role role;
  bool subtracted = false;  ///< its events are taken off
};

/// Adds the series of each term of `sum`.
void append_demands(std::vector<Demanded>& wanted, const EventSum& sum, Role role);

}  // namespace slod
