#include "daemon/commands/say.h"

#include "lib/text/printable.h"

namespace slod {

std::string said(std::string_view text) {
  std::string line = printable(text);
  const std::size_t first = line.find_first_not_of(' ');
  if (first != std::string::npos && line.compare(first, 2, "::") == 0) line.insert(first + 1, " ");
  for (const std::string_view command : {"##[", "##vso[", "##teamcity["}) {
    for (std::size_t at = line.find(command); at != std::string::npos; at = line.find(command)) {
      line.insert(at + 1, " ");
    }
  }
  return line;
}

}  // namespace slod
