#pragma once

#include <string>
#include <string_view>

#include "lib/alert/notice.h"

namespace slod::alert {

/// The body of a POST to PagerDuty's Events API v2: a trigger while firing, then a resolve, with
/// the episode's key as dedup_key. Always under 512 KB, PagerDuty's limit: long texts are cut.
std::string pagerduty_event(const Notice& notice, std::string_view routing_key);

}  // namespace slod::alert
