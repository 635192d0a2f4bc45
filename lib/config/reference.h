#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace slod {

/// docs/configuration.md, as it was when the program was built.
std::string_view configuration_reference();

namespace config {

/// What the tables of a reference say of each key, by the kind of section ("a scrape job") and the
/// key: its meaning, and its default where it has one. Such a table begins with "| key of KIND |".
/// Markdown's links are resolved to their texts.
std::map<std::pair<std::string, std::string>, std::string> meanings_of(std::string_view reference);

}  // namespace config
}  // namespace slod
