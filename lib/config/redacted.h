#pragma once

#include <string>
#include <vector>

#include "lib/config/document.h"

namespace slod::config {

/// A configuration without its secrets, as one YAML document without comments. The lists of its
/// files add up, as when they are read. In a URL `user:password@` becomes `<secret>@`. Of a
/// webhook's URL only scheme and host stay, followed by `/<secret>`: for many receivers the address
/// is the secret. Of a `path` the query is left out. Everything else reads back as it was written.
std::string redacted(const std::vector<YamlNode>& documents);

/// A URL, or the path of a request, with `<secret>` for its query, which may hold keys and
/// passwords.
std::string without_query(const std::string& url);

}  // namespace slod::config
