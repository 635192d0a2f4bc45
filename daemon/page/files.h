#pragma once

#include <span>
#include <string_view>

namespace slod::page {

/// A file of the web page, as a part of the program.
struct File {
  std::string_view name;  ///< "index.html"
  std::string_view content;
};

/// All of them. Those of dygraphs are missing where the program was built without it.
std::span<const File> files();

}  // namespace slod::page
