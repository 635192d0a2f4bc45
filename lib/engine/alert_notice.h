#pragma once

#include <string_view>

#include "lib/alert/notice.h"
#include "lib/rules/stored_alert.h"
#include "lib/time/instant.h"

namespace slod {

/// What is said at `now` of a rule's alert that is firing, or over. `external_url` is where people
/// reach slod.
alert::Notice alert_notice(const rules::StoredAlert& stored, std::string_view external_url,
                           Instant now);

}  // namespace slod
