#include "lib/slo/sli/availability.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace slod {

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

std::string EvaluatedAvailabilitySli::fingerprint() const {
  return fmt::format("availability of values, total {} {} {} slice {}", canonical(total),
                     good ? "good" : "bad", canonical(good ? *good : *bad), format_duration(slice));
}

std::vector<const Expression*> EvaluatedAvailabilitySli::expressions() const {
  return {&total, good ? &*good : &*bad};
}

SliceValue EvaluatedAvailabilitySli::judge(std::span<const ElementValues> values) const {
  if (std::string why = unusable(values[0], "total"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  const double all = sum(values[0]);
  if (all < 0) return SliceValue::missing(fmt::format("total is {}, below zero", all));
  if (std::string why = unusable(values[1], good ? "good" : "bad"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  if (all == 0) return SliceValue::idle();
  const double part = std::clamp(sum(values[1]), 0.0, all);
  return {SliceValue::Kind::counted, {all, good ? all - part : part}, {}};
}

std::string ErrorRatioSli::fingerprint() const {
  return fmt::format("error ratio {} slice {}", canonical(ratio), format_duration(slice));
}

SliceValue ErrorRatioSli::judge(std::span<const ElementValues> values) const {
  const ElementValues& elements = values[0];
  if (elements.empty()) return SliceValue::missing("error_ratio has no value");
  if (elements.size() != 1) {
    return SliceValue::missing(
        fmt::format("error_ratio has {} elements instead of one", elements.size()));
  }
  if (std::isnan(elements[0])) return SliceValue::idle();
  if (std::isinf(elements[0])) return SliceValue::missing("error_ratio is infinite");
  return {SliceValue::Kind::counted, {1, std::clamp(elements[0], 0.0, 1.0)}, {}};
}

}  // namespace slod
