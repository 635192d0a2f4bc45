#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/series/counter.h"
#include "lib/series/doubt.h"
#include "lib/series/judgement_rule.h"
#include "lib/time/instant.h"

namespace slod {

/// A sample that does not simply continue its counter.
struct IrregularSample {
  enum class Kind : std::uint8_t {
    birth,     ///< the first one of its series
    returned,  ///< the batch before did not have its series, or it is no longer low
    fell,      ///< lower than the one before
  };
  Kind kind = Kind::birth;
  std::uint32_t series = 0;
  std::size_t observation = 0;  ///< its place among those of the batch
  Counter before;               ///< without a sample for a birth
  double last = 0;              ///< its last sample: less than `before` where it is low
  double value = 0;
  Instant at;
};

/// What else a batch says of a process of which it has irregular samples.
struct ProcessFacts {
  enum class Start : std::uint8_t {
    unknown,
    unchanged,         ///< and before the batch before
    since_last_batch,  ///< it began since the batch before, or a few minutes earlier
    another,           ///< another one than before, and older than the batch before
  };
  Start start = Start::unknown;
  Instant started{};    ///< unless unknown
  bool is_new = false;  ///< the batch before had no series of it
  /// Of the counters that went on: what they had counted before, and what they counted since then.
  double went_on_from = 0;
  double went_on_by = 0;
  /// One of them had counted 20 and more, and rose by at most a tenth of it, or 5 and more, and
  /// stands still: as hardly any counter does that began again.
  bool has_steady = false;
  /// Events a second, of its busiest family; for a new process, of the busiest of its job.
  std::optional<double> rate_per_second = {};
  Instant previous;     ///< the batch before
  Instant now;          ///< this one
  Duration interval{};  ///< between two, as configured
};

/// What a sample means.
struct SampleMeaning {
  Observation observation;  ///< its series is left to the caller
  Rule rule = Rule::went_on;
  /// The counter remains where it stood: the sample is not the counter's own.
  bool maximum_stands = false;
  std::optional<DoubtfulEvents> doubt = {};
};

struct ProcessJudgement {
  /// All counters of the process began again, also those that rose: what they stand at is events.
  std::optional<Instant> began;
  Rule began_by = Rule::restart;  ///< or process_start
  double most_since = 0;          ///< no counter can have counted more since then
  /// Nothing else than falls says so.
  bool is_doubtful = false;
  /// The process did not begin again, but what it shows of another one may have.
  bool may_have_begun = false;
  std::vector<SampleMeaning> meanings;  ///< of each irregular sample
};

/// Judges the irregular samples of one process in one batch together, by the strongest evidence
/// that there is: the time when the process began; the fall of other counters of it; whether
/// counters went on; and whether what a sample would stand for is plausible beside what the process
/// counted recently. What remains uncertain is in doubt.
ProcessJudgement judge(const ProcessFacts& facts, std::span<const IrregularSample> samples);

}  // namespace slod
