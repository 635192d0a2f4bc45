#pragma once

#include <map>
#include <span>
#include <string>

#include "lib/slo/slo_id.h"

namespace slod {

/// An SLO, and what it counts.
struct CountingSlo {
  SloId id;
  std::string fingerprint;
};

/// The SLOs that have another name now: the old id by the new one. One that is gone from the
/// configuration and one that is new in it are the same where they are of one service and count the
/// same events, and no other that is gone or new does.
std::map<SloId, SloId> renamed_slos(std::span<const CountingSlo> gone,
                                    std::span<const CountingSlo> added);

}  // namespace slod
