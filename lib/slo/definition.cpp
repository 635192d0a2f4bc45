#include "lib/slo/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/promql/printer.h"

namespace slod {
namespace {

template <class... Readers>
struct Overloaded : Readers... {
  using Readers::operator()...;
};

/// One text for an expression, however it was laid out.
std::string text(const Expression& expression) {
  return promql::to_text(*expression.parsed);
}

std::string bound(std::string_view name, const std::optional<double>& value) {
  return value ? fmt::format(" {} {}", name, *value) : std::string();
}

}  // namespace

Duration nominal_length(const Window& window) {
  return std::visit(
      Overloaded{[](const RollingWindow& rolling) { return rolling.length; },
                 [](const CalendarWindow& calendar) { return nominal_length(calendar.period); }},
      window);
}

std::string to_text(const Window& window) {
  return std::visit(
      Overloaded{[](const RollingWindow& rolling) { return format_duration(rolling.length); },
                 [](const CalendarWindow& calendar) {
                   return fmt::format("calendar {}", to_string(calendar.period));
                 }},
      window);
}

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

std::vector<const Expression*> expressions(const Sli& sli) {
  using All = std::vector<const Expression*>;
  return std::visit(Overloaded{[](const ThresholdSli& s) -> All { return {&s.expression}; },
                               [](const ErrorRatioSli& s) -> All { return {&s.ratio}; },
                               [](const EvaluatedThroughputSli& s) -> All { return {&s.total}; },
                               [](const EvaluatedAvailabilitySli& s) -> All {
                                 return {&s.total, s.good ? &*s.good : &*s.bad};
                               },
                               [](const auto&) -> All { return {}; }},
                    sli);
}

std::string SloDefinition::fingerprint() const {
  return std::visit(
      Overloaded{
          [](const AvailabilitySli& s) {
            return fmt::format("availability total {} {} {}", canonical(s.total),
                               s.good ? "good" : "bad", canonical(s.good ? *s.good : *s.bad));
          },
          [](const LatencySli& s) {
            return fmt::format("latency {} below {}", canonical(s.histogram), s.below_seconds);
          },
          [](const LatencySliceSli& s) {
            return fmt::format("latency {} quantile {} below {} slice {}", canonical(s.histogram),
                               s.quantile, s.below_seconds, format_duration(s.slice));
          },
          [](const ThroughputSli& s) {
            return fmt::format("throughput {}{}{} slice {}", canonical(s.total),
                               bound("at_least", s.at_least_per_second),
                               bound("at_most", s.at_most_per_second), format_duration(s.slice));
          },
          [](const EvaluatedAvailabilitySli& s) {
            return fmt::format("availability of values, total {} {} {} slice {}", text(s.total),
                               s.good ? "good" : "bad", text(s.good ? *s.good : *s.bad),
                               format_duration(s.slice));
          },
          [](const ErrorRatioSli& s) {
            return fmt::format("error ratio {} slice {}", text(s.ratio), format_duration(s.slice));
          },
          [](const EvaluatedThroughputSli& s) {
            return fmt::format("throughput of values, {}{}{} slice {}", text(s.total),
                               bound("at_least", s.at_least_per_second),
                               bound("at_most", s.at_most_per_second), format_duration(s.slice));
          },
          [](const ThresholdSli& s) {
            return fmt::format("threshold {}{}{} slice {}", text(s.expression),
                               bound("below", s.below), bound("above", s.above),
                               format_duration(s.slice));
          }},
      sli);
}

std::string_view SloDefinition::kind() const {
  return std::visit(
      Overloaded{[](const AvailabilitySli&) -> std::string_view { return "availability"; },
                 [](const EvaluatedAvailabilitySli&) -> std::string_view { return "availability"; },
                 [](const ErrorRatioSli&) -> std::string_view { return "availability"; },
                 [](const LatencySli&) -> std::string_view { return "latency"; },
                 [](const LatencySliceSli&) -> std::string_view { return "latency"; },
                 [](const ThroughputSli&) -> std::string_view { return "throughput"; },
                 [](const EvaluatedThroughputSli&) -> std::string_view { return "throughput"; },
                 [](const ThresholdSli&) -> std::string_view { return "threshold"; }},
      sli);
}

std::optional<Duration> SloDefinition::slice() const {
  using Slice = std::optional<Duration>;
  return std::visit(Overloaded{[](const AvailabilitySli&) -> Slice { return std::nullopt; },
                               [](const LatencySli&) -> Slice { return std::nullopt; },
                               [](const auto& sliced) -> Slice { return sliced.slice; }},
                    sli);
}

}  // namespace slod
