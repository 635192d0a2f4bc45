#include "lib/slo/sli/availability.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/slo/absent_part.h"

namespace slod {
namespace {

/// Those of the first expression or, where it has none, of the one that stands in for it.
const ElementValues& with_stand_in(std::span<const ElementValues> values) {
  return values[0].empty() && values.size() > 1 ? values[1] : values[0];
}

}  // namespace

AvailabilitySli availability(EventSum total, EventSum part, bool part_is_good) {
  if (std::ranges::any_of(part.terms, &EventTerm::subtracted)) {
    EventSum rest = difference(total, part);
    if (!rest.terms.empty() && std::ranges::none_of(rest.terms, &EventTerm::subtracted)) {
      part = std::move(rest);
      part_is_good = !part_is_good;
    }
  }
  AvailabilitySli sli{std::move(total), std::nullopt, std::nullopt};
  (part_is_good ? sli.good : sli.bad) = std::move(part);
  return sli;
}

std::string AvailabilitySli::fingerprint() const {
  return fmt::format("availability total {} {} {}", canonical(total), good ? "good" : "bad",
                     canonical(good ? *good : *bad));
}

std::vector<Demanded> AvailabilitySli::demands() const {
  std::vector<Demanded> wanted;
  append_demands(wanted, total, Role::total);
  if (good) append_demands(wanted, *good, Role::good);
  if (bad) append_demands(wanted, *bad, Role::bad);
  return wanted;
}

Events AvailabilitySli::events(const PendingCounts& counts) const {
  return {counts.total, bad ? counts.bad : counts.total - counts.good};
}

EvaluatedAvailabilitySli evaluated_availability(Expression total, Expression part,
                                                bool part_is_good, Duration slice) {
  EvaluatedAvailabilitySli sli{std::move(total), std::nullopt, std::nullopt, slice,
                               part_or_zero(part)};
  (part_is_good ? sli.good : sli.bad) = std::move(part);
  return sli;
}

std::string EvaluatedAvailabilitySli::fingerprint() const {
  return fmt::format("availability of values, total {} {} {} slice {}", canonical(total),
                     good ? "good" : "bad", canonical(good ? *good : *bad), format_duration(slice));
}

std::vector<const Expression*> EvaluatedAvailabilitySli::expressions() const {
  std::vector<const Expression*> all{&total, good ? &*good : &*bad};
  if (part_stand_in) all.push_back(&*part_stand_in);
  return all;
}

SliceValue EvaluatedAvailabilitySli::judge(std::span<const ElementValues> values) const {
  if (std::string why = unusable(values[0], "total"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  const double all = sum(values[0]);
  if (all < 0) return SliceValue::missing(fmt::format("total is {}, below zero", all));
  const ElementValues& elements = with_stand_in(values.subspan(1));
  if (std::string why = unusable(elements, good ? "good" : "bad"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  if (all == 0) return SliceValue::idle();
  const double given = sum(elements);
  const double part = std::clamp(given, 0.0, all);
  return {.kind = SliceValue::Kind::counted,
          .events = {all, good ? all - part : part},
          .why = {},
          .outside = given - part,
          .part_is_absent = values[1].empty()};
}

ErrorRatioSli error_ratio(Expression ratio, Duration slice) {
  auto stand_in = ratio_or_zero(ratio);
  return {std::move(ratio), slice, std::move(stand_in)};
}

std::vector<const Expression*> ErrorRatioSli::expressions() const {
  std::vector<const Expression*> all{&ratio};
  if (stand_in) all.push_back(&*stand_in);
  return all;
}

std::string ErrorRatioSli::fingerprint() const {
  return fmt::format("error ratio {} slice {}", canonical(ratio), format_duration(slice));
}

SliceValue ErrorRatioSli::judge(std::span<const ElementValues> values) const {
  const ElementValues& elements = with_stand_in(values);
  if (elements.empty()) return SliceValue::missing("error_ratio has no value");
  if (elements.size() != 1) {
    return SliceValue::missing(
        fmt::format("error_ratio has {} elements instead of one", elements.size()));
  }
  if (std::isnan(elements[0])) return SliceValue::idle();
  if (std::isinf(elements[0])) return SliceValue::missing("error_ratio is infinite");
  const double bad = std::clamp(elements[0], 0.0, 1.0);
  return {.kind = SliceValue::Kind::counted,
          .events = {1, bad},
          .why = {},
          .outside = elements[0] - bad,
          .part_is_absent = values[0].empty()};
}

}  // namespace slod
