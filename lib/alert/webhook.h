#pragma once

#include <string>
#include <string_view>

#include "lib/alert/notice.h"

namespace slod::alert {

/// Alertmanager's webhook payload, version 4, with one alert: what existing receivers read.
/// `receiver` is its name in the configuration, `external_url` where slod is reached.
std::string webhook_payload(const Notice& notice, std::string_view receiver,
                            std::string_view external_url);

}  // namespace slod::alert
