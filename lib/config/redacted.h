#pragma once

#include <string>
#include <vector>

#include "lib/config/document.h"

namespace slod::config {

/// What may be shown of a configuration, as one YAML document without comments: the lists of its
/// files add up, as when they are read. Of URLs within texts, `user:password@` becomes
/// `<secret>@`, and of a webhook's, all behind the host becomes `/<secret>`, as such an address may
/// be all that its receiver asks for. What reads back is what was written, but for these.
std::string redacted(const std::vector<YamlNode>& documents);

}  // namespace slod::config
