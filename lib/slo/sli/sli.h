#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/slo/sli/availability.h"
#include "lib/slo/sli/kind.h"
#include "lib/slo/sli/latency.h"
#include "lib/slo/sli/threshold.h"
#include "lib/slo/sli/throughput.h"

namespace slod {

template <SliKind... Forms>
using OneSliOf = std::variant<Forms...>;

/// Every kind of SLI, in each of its forms. This is the only list of them: all that is asked of an
/// SLI, here and elsewhere, is asked of whichever form it has.
using Sli = OneSliOf<AvailabilitySli, EvaluatedAvailabilitySli, ErrorRatioSli,  //
                     LatencySli, LatencySliceSli,                               //
                     ThroughputSli, EvaluatedThroughputSli,                     //
                     ThresholdSli>;

/// "availability", "latency", "throughput" or "threshold".
std::string_view kind_of(const Sli& sli);
/// What the watch of a rollout may limit of an SLO of this kind; none for a kind that is not known.
RolloutLimit rollout_limit_of(std::string_view kind);
std::string fingerprint(const Sli& sli);

/// In which of the three ways of time it is judged; see kind.h.
enum class SliJudging { events, time_slices, expressions };
SliJudging judging_of(const Sli& sli);

/// None for an SLI that is evaluated.
std::vector<Demanded> demands(const Sli& sli);
/// Nullopt for an SLI that counts no histogram.
std::optional<BucketUse> bucket_use(const Sli& sli);
/// The slice of a time-sliced SLI, or of one that is evaluated; nullopt for one that counts events
/// as they come.
std::optional<Duration> slice_of(const Sli& sli);
/// Which events are given beside the total; nullopt for an SLI of which every event, or slice, is
/// judged by itself. Those of an error ratio are bad.
std::optional<SliPart> part_of(const Sli& sli);
/// What is evaluated at the end of each slice, in an order of its own; none for an SLI that counts
/// events of raw series. They live as long as `sli`.
std::vector<const Expression*> expressions(const Sli& sli);

/// Precondition: judged by events.
Events events(const Sli& sli, const PendingCounts& counts);
/// Precondition, for both: judged by time slices.
BucketCounts slice_events(const Sli& sli, const PendingCounts& counts);
SliceOutcome judge(const Sli& sli, const SliceCounts& slice);
/// Precondition: judged by expressions. `values`: one for each of expressions(sli).
SliceValue judge(const Sli& sli, std::span<const ElementValues> values);

}  // namespace slod
