#pragma once

#include <boost/json/object.hpp>
#include <cstddef>

#include "lib/alert/notice.h"

namespace slod::alert {

/// The identity of an alert in Prometheus's terms, sorted by name: alertname "SloBurnRate",
/// service, severity, slo. The same for every episode of an SLO and severity, firing or resolved.
/// A rule's alert has its own labels.
boost::json::object alert_labels(const Notice& notice);

/// What a person reads about it: summary, description, runbook_url, owner, and the episode's key.
/// Empty ones are left out. A rule's alert has its own annotations.
boost::json::object alert_annotations(const Notice& notice);

/// As many of these texts as fit, in their order, for receivers that take no more: names and texts
/// are cut to `text_characters_max` each and have `bytes_max` bytes together; the last one says how
/// many are left out.
boost::json::object fitting(const boost::json::object& texts, std::size_t text_characters_max,
                            std::size_t bytes_max);

/// When the episode was over, never before it began: Alertmanager refuses that. For a resolved
/// notice.
Instant alert_ends_at(const Notice& notice);

}  // namespace slod::alert
