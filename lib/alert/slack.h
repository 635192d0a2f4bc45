#pragma once

#include <string>

#include "lib/alert/notice.h"

namespace slod::alert {

/// The body of a POST to a Slack incoming webhook. Nothing in the notice's texts mentions anyone or
/// becomes a link: `&`, `<` and `>` are escaped.
std::string slack_message(const Notice& notice);

}  // namespace slod::alert
