#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/config/draft.h"
#include "lib/config/section.h"
#include "lib/slo/event_sum.h"
#include "lib/slo/expression.h"
#include "lib/slo/sli/sli.h"

namespace slod::config {

// One reader for each kind of SLI, in a file of its own; slis.cpp lists them. `section` is what
// stands under the kind's key. Each notes where its selectors are written. Nullopt after an error.
std::optional<Sli> read_availability(Section section, SloPlaces& places);
std::optional<Sli> read_latency(Section section, SloPlaces& places);
std::optional<Sli> read_throughput(Section section, SloPlaces& places);
std::optional<Sli> read_threshold(Section section, SloPlaces& places);

/// Notes that the selectors of a sum, or of an expression, are written at `mark`.
void note_places(Section& section, const EventSum& sum, Mark mark, SloPlaces& places);
void note_places(Section& section, const Expression& expression, Mark mark, SloPlaces& places);

/// Tells the user that, and why, an SLI is evaluated although it could be counted were it written
/// otherwise.
void note_evaluated(Section& section, Duration slice, std::string_view what,
                    const std::string& why);

}  // namespace slod::config
