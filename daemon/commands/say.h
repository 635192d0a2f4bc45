#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace slod {

// All that a command prints of what it was answered or found goes through one of these, since
// servers write what they like.

/// `text` as one line without control characters, in which no build server finds a command: GitHub
/// obeys lines that begin with "::", Azure and TeamCity what is in "##vso[...]" and the like.
std::string said(std::string_view text);

/// A line on stdout.
template <typename... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::print("{}\n", said(fmt::format(format, std::forward<Arguments>(arguments)...)));
}

/// A line on stderr.
template <typename... Arguments>
void say_aside(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::print(stderr, "{}\n", said(fmt::format(format, std::forward<Arguments>(arguments)...)));
}

}  // namespace slod
