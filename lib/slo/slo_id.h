#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/series/labels.h"

namespace slod {

/// Which SLO is meant: the key that an SLO has wherever it is stored, shown or looked up. It says
/// nothing of whether there is such an SLO. Ordered by service, name and labels.
struct SloId {
  std::string service;
  std::string name;
  Labels labels = {};  ///< of one group of an SLO; none where the SLO itself is meant

  bool operator==(const SloId&) const = default;
  auto operator<=>(const SloId&) const = default;
};

/// "api/availability" or, of a group, `api/availability{route="/pay"}`: the name of an SLO in logs,
/// messages and the state.
std::string to_text(const SloId& id);

/// What to_text() gave, and nothing else: nullopt where the text is not the one that its SLO has. A
/// service has neither `/` nor `{`, a name no brace either, and neither is empty.
std::optional<SloId> parse_slo_id(std::string_view text);

/// For hash tables in memory; another value in each process.
struct SloIdHash {
  std::size_t operator()(const SloId& id) const;
};

}  // namespace slod
