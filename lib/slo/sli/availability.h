#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/slo/event_sum.h"
#include "lib/slo/sli/kind.h"

namespace slod {

/// The share of good events: `total` counts all, and either `good` or `bad` counts a part of them.
struct AvailabilitySli {
  static constexpr std::string_view kind = "availability";
  static constexpr RolloutLimit rollout_limit = RolloutLimit::errors;

  EventSum total;
  std::optional<EventSum> good;
  std::optional<EventSum> bad;  ///< exactly one of good and bad is set

  std::string fingerprint() const;
  std::vector<Demanded> demands() const;
  std::optional<BucketUse> bucket_use() const { return std::nullopt; }
  Events events(const PendingCounts& counts) const;
  SliPart part() const { return good ? SliPart::good : SliPart::bad; }
};

/// An availability of counted events. Of a part that is the total less something (good events as
/// all but the bad), that something is counted instead.
AvailabilitySli availability(EventSum total, EventSum part, bool part_is_good);

/// The same by the values of expressions, which count as events, at the end of each slice of time.
struct EvaluatedAvailabilitySli {
  static constexpr std::string_view kind = AvailabilitySli::kind;
  static constexpr RolloutLimit rollout_limit = AvailabilitySli::rollout_limit;

  Expression total;
  std::optional<Expression> good;
  std::optional<Expression> bad;  ///< exactly one of good and bad is set
  Duration slice{};
  std::optional<Expression> part_stand_in = std::nullopt;  ///< part_or_zero()

  std::string fingerprint() const;
  std::vector<const Expression*> expressions() const;  ///< total, the part, and its stand-in
  /// The elements of the total, and those of its part, add up. The part is kept within 0 and the
  /// total. A total of 0 is idle; one below zero, or a sum that is not finite, says nothing.
  SliceValue judge(std::span<const ElementValues> values) const;
  SliPart part() const { return good ? SliPart::good : SliPart::bad; }
};

/// One of which a part that does not exist counts no events.
EvaluatedAvailabilitySli evaluated_availability(Expression total, Expression part,
                                                bool part_is_good, Duration slice);

/// The share of bad events in each slice of time, whatever their number: each slice counts alike.
struct ErrorRatioSli {
  static constexpr std::string_view kind = AvailabilitySli::kind;
  static constexpr RolloutLimit rollout_limit = AvailabilitySli::rollout_limit;

  Expression ratio;
  Duration slice{};
  std::optional<Expression> stand_in = std::nullopt;  ///< ratio_or_zero()

  std::string fingerprint() const;
  std::vector<const Expression*> expressions() const;  ///< the ratio, and its stand-in
  /// The ratio has one element; kept within 0 and 1 it is the bad part of one event. NaN, which is
  /// 0 / 0, is idle.
  SliceValue judge(std::span<const ElementValues> values) const;
  static SliPart part() { return SliPart::bad; }
};

/// One of which a part that does not exist counts no events.
ErrorRatioSli error_ratio(Expression ratio, Duration slice);

}  // namespace slod
