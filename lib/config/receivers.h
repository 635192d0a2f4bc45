#pragma once

#include <string>
#include <string_view>

#include "lib/config/draft.h"

namespace slod::config {

/// One receiver: its name, and the fields that its kind declares (lib/alert/receivers).
void read_receiver(Scope& scope, const YamlNode& node, Draft& draft);

/// Whether every fallback is another receiver that there is, and leads back to none.
void check_fallbacks(const Draft& draft);

/// A receiver of each kind, with every field that it has, as items of a list in YAML: for the
/// schema. Each is called as its kind is, and numbered.
std::string receivers_specimen();

/// Whether the key of this kind of receiver holds a URL of which no answer shows more than scheme
/// and host.
bool is_private_url(std::string_view kind, std::string_view key);

}  // namespace slod::config
