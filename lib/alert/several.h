#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/alert/notice.h"

// What several notices say together, for people: all of them firing, or all resolved. At least one.
namespace slod::alert {

/// "37 SLOs of api are burning their error budgets", "40 alerts of 3 services are over": one line
/// of valid UTF-8.
std::string common_headline(std::span<const Notice> notices);

/// One line for each: "api/availability at 14.9x, 61 % left", or the headline of a rule's alert;
/// of at most `characters_max` characters.
std::vector<std::string> brief_lines(std::span<const Notice> notices, std::size_t characters_max);

/// The most urgent one, the first of them.
const Notice& worst_of(std::span<const Notice> notices);

}  // namespace slod::alert
