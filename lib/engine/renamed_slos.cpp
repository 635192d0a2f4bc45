#include "lib/engine/renamed_slos.h"

#include <tuple>
#include <vector>

namespace slod {

std::map<SloId, SloId> renamed_slos(std::span<const CountingSlo> gone,
                                    std::span<const CountingSlo> added) {
  struct Candidates {
    std::vector<const SloId*> gone;
    std::vector<const SloId*> added;
  };
  std::map<std::tuple<std::string, Labels, std::string>, Candidates> by_counts;
  const auto of = [&](const CountingSlo& slo) -> Candidates& {
    return by_counts[{slo.id.service, slo.id.labels, slo.fingerprint}];
  };
  for (const CountingSlo& slo : gone) of(slo).gone.push_back(&slo.id);
  for (const CountingSlo& slo : added) of(slo).added.push_back(&slo.id);
  std::map<SloId, SloId> renamed;
  for (const auto& [counts, candidates] : by_counts) {
    if (candidates.gone.size() != 1 || candidates.added.size() != 1) continue;
    renamed.emplace(*candidates.added.front(), *candidates.gone.front());
  }
  return renamed;
}

}  // namespace slod
