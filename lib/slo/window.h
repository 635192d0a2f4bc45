#pragma once

#include <string>
#include <variant>

#include "lib/time/calendar.h"
#include "lib/time/instant.h"

namespace slod {

/// What an objective is about: the time up to now, or a calendar period.
struct RollingWindow {
  Duration length{};
  bool operator==(const RollingWindow&) const = default;
};
using Window = std::variant<RollingWindow, CalendarWindow>;

/// The length of a rolling window, the nominal length of a calendar one.
Duration nominal_length(const Window& window);
/// "30d", or "calendar month".
std::string to_text(const Window& window);
/// The most that a window can hold: a calendar period may be long, and have a clock change in it.
Duration longest_length(const Window& window);

}  // namespace slod
