#include "daemon/api/known_parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace slod {

std::string unknown_parameter(const Request& request,
                              std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (std::ranges::find(known, name) == known.end()) {
      return fmt::format("expected no parameters but {}, found \"{}\"", fmt::join(known, ", "),
                         name);
    }
    if (request.parameters(name).size() > 1) {
      return fmt::format("{}: expected once, found {} times", name,
                         request.parameters(name).size());
    }
  }
  return {};
}

}  // namespace slod
