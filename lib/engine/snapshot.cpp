#include "lib/engine/snapshot.h"

#include <algorithm>

namespace slod {

const ServiceSnapshot* Snapshot::service(std::string_view name) const {
  const auto found = std::ranges::find(services, name, &ServiceSnapshot::name);
  return found == services.end() ? nullptr : &*found;
}

const SloSnapshot* Snapshot::slo(std::string_view service_name, std::string_view name) const {
  const ServiceSnapshot* owner = service(service_name);
  if (!owner) return nullptr;
  for (std::size_t i = 0; i < owner->evidence.size(); ++i) {
    if (owner->evidence[i].name == name) return &slos[owner->first_slo + i];
  }
  return nullptr;
}

}  // namespace slod
