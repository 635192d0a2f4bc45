#pragma once

#include <string>
#include <string_view>

#include "lib/alert/notice.h"

namespace slod::alert {

/// Alertmanager's webhook payload, version 4, with one alert: what existing receivers read.
/// `receiver` is its name in the configuration.
std::string webhook_payload(const Notice& notice, std::string_view receiver);

}  // namespace slod::alert
