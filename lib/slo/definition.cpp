#include "lib/slo/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace slod {
namespace {

template <class... Readers>
struct Overloaded : Readers... {
  using Readers::operator()...;
};

/// The selector's text with its conditions sorted, since their order changes nothing.
std::string canonical(promql::Selector selector) {
  std::ranges::sort(selector.matchers, {}, [](const promql::Matcher& matcher) {
    return std::tuple(matcher.label(), matcher.operation(), matcher.value());
  });
  return selector.text();
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
          [](const ThresholdSli& s) {
            return fmt::format("threshold {}{}{} slice {}", s.expression, bound("below", s.below),
                               bound("above", s.above), format_duration(s.slice));
          }},
      sli);
}

std::string_view SloDefinition::kind() const {
  return std::visit(
      Overloaded{[](const AvailabilitySli&) -> std::string_view { return "availability"; },
                 [](const LatencySli&) -> std::string_view { return "latency"; },
                 [](const LatencySliceSli&) -> std::string_view { return "latency"; },
                 [](const ThroughputSli&) -> std::string_view { return "throughput"; },
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
