#pragma once

#include <span>
#include <string>

#include "lib/alert/notice.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// The body of a POST to Alertmanager's /api/v2/alerts. An alert is identified by its labels, which
/// are the same while firing and when resolved: alertname "SloBurnRate", service, slo, severity, or
/// the labels of a rule's alert.
/// A firing alert ends at now + validity unless it is sent again before; validity > 0.
std::string alertmanager_alerts(std::span<const Notice> notices, Instant now, Duration validity);

}  // namespace slod::alert
