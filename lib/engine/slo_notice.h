#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "lib/alert/episode.h"
#include "lib/alert/notice.h"
#include "lib/series/labels.h"
#include "lib/slo/definition.h"
#include "lib/time/instant.h"

namespace slod {

/// What is said of an SLO's episode at `now`. `external_url` is where people reach slod.
alert::Notice slo_notice(const SloDefinition& definition, const alert::Episode& episode,
                         std::string_view external_url, Instant now);

/// Texts of a notice, such as alert::alert_labels, as labels.
Labels labels_of(const boost::json::object& texts);

}  // namespace slod
