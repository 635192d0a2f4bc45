#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/slo/events.h"
#include "lib/slo/expression.h"
#include "lib/slo/sli/demanded.h"
#include "lib/slo/sli/pending_counts.h"
#include "lib/slo/sli/slice_counts.h"
#include "lib/slo/sli/slice_value.h"
#include "lib/time/instant.h"

/// What every kind of SLI answers. A kind is one pair of files in this folder with a type for each
/// of its forms: counted on raw series, or evaluated by expressions. A form that leaves out one of
/// these answers does not compile, where sli.h lists it.
namespace slod {

/// What the watch of a rollout (lib/freeze/gate.h) may set a limit to.
enum class RolloutLimit {
  none,
  errors,   ///< its events are requests, and the bad ones failed
  latency,  ///< the quantile of its histogram
};

/// Which events an SLI counts, or evaluates, as a part of its total.
enum class SliPart { good, bad };

std::string_view to_string(SliPart part);

/// What an SLI does with the classic histogram that it counts.
struct BucketUse {
  std::string_view metric;         ///< as configured, without `_bucket`; lives as long as the SLI
  double below_seconds = 0;        ///< the bound of its events, or of a quantile of them
  double readout_quantile = 0.99;  ///< which quantile is shown of it
  std::optional<double> threshold_seconds;  ///< events are good up to here; nullopt: no such line
};

template <class T>
concept DescribedSli = requires(const T& sli) {
  /// The key in the configuration, and the `kind` in every answer. All forms of a kind share it.
  { T::kind } -> std::convertible_to<std::string_view>;
  { T::rollout_limit } -> std::convertible_to<RolloutLimit>;
  /// Equal for two that count the same events in the same way. It is stored: a ledger whose SLO has
  /// another fingerprint is lost.
  { sli.fingerprint() } -> std::same_as<std::string>;
  /// Which events it is given beside the total, so that it can be watched whether they are a part
  /// of it; nullopt: there is no such part.
  { sli.part() } -> std::convertible_to<std::optional<SliPart>>;
};

/// Counts the events of raw series.
template <class T>
concept CountedSli = requires(const T& sli) {
  /// The series, a histogram's with `_bucket` at the end of the metric. One that two selectors
  /// match is counted for both.
  { sli.demands() } -> std::same_as<std::vector<Demanded>>;
  { sli.bucket_use() } -> std::same_as<std::optional<BucketUse>>;  ///< nullopt: no histogram
};

/// Way of time 1: each event is good or bad by itself, as soon as it is read.
template <class T>
concept EventSli = CountedSli<T> && requires(const T& sli, const PendingCounts& counts) {
  { sli.events(counts) } -> std::same_as<Events>;
};

/// Way of time 2: events are gathered (Slicer) until a slice of time is over, which is then good or
/// bad as a whole.
template <class T>
concept TimeSliceSli =
    CountedSli<T> && requires(const T& sli, const PendingCounts& counts, const SliceCounts& slice) {
      { sli.slice } -> std::convertible_to<Duration>;
      { sli.slice_events(counts) } -> std::same_as<BucketCounts>;
      { sli.judge(slice) } -> std::same_as<SliceOutcome>;  ///< not missing
    };

/// Way of time 3: slices wait (SliceQueue) until expressions are evaluated at their end.
template <class T>
concept EvaluatedSli = requires(const T& sli, std::span<const ElementValues> values) {
  { sli.slice } -> std::convertible_to<Duration>;
  { sli.expressions() } -> std::same_as<std::vector<const Expression*>>;
  /// `values`: one for each expression; none for one that need not stand in.
  { sli.judge(values) } -> std::same_as<SliceValue>;
};

/// Described, and judged in exactly one of the three ways.
template <class T>
concept SliKind = DescribedSli<T> && (EventSli<T> || TimeSliceSli<T> || EvaluatedSli<T>) &&
                  (EventSli<T> + TimeSliceSli<T> + EvaluatedSli<T> == 1);

}  // namespace slod
