#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

std::optional<promql::Selector> read_selector(Section& section, const YamlNode* node,
                                              SloPlaces& places) {
  if (node == nullptr) return std::nullopt;
  places.selectors.push_back({&section.scope(), node->mark});
  return section.selector(*node);
}

void read_slice(Section& section, Duration& slice) {
  slice = std::chrono::minutes(1);
  section.optional("slice", slice, duration(std::chrono::seconds(1), std::chrono::days(1)));
}

std::optional<Sli> read_availability(Section section, SloPlaces& places) {
  auto total = read_selector(section, section.take_required("total"), places);
  const auto part = section.take_one_of({"good", "bad"});
  auto counted = part ? read_selector(section, part->second, places) : std::nullopt;
  section.finish();
  if (!total || !counted) return std::nullopt;
  AvailabilitySli sli{std::move(*total), std::nullopt, std::nullopt};
  (part->first == 0 ? sli.good : sli.bad) = std::move(counted);
  return sli;
}

/// The name of the histogram itself, so that classic and native ones are configured alike.
void check_histogram(Section& section, const YamlNode& node, const promql::Selector& histogram) {
  constexpr std::array<std::string_view, 3> suffixes{"_bucket", "_count", "_sum"};
  for (const std::string_view suffix : suffixes) {
    if (!histogram.metric.ends_with(suffix)) continue;
    section.scope().error(
        node.mark, fmt::format("expected the name of the histogram without {}, found {}", suffix,
                               histogram.metric));
  }
  for (const promql::Matcher& matcher : histogram.matchers) {
    if (matcher.label() != "le") continue;
    section.scope().error(node.mark,
                          "expected a histogram with all its buckets, found a condition "
                          "on le; the threshold is the key below");
  }
}

std::optional<Sli> read_latency(Section section, SloPlaces& places) {
  const YamlNode* histogram_node = section.take_required("histogram");
  auto histogram = read_selector(section, histogram_node, places);
  if (histogram) check_histogram(section, *histogram_node, *histogram);
  double below_seconds = 0;
  section.required("below", below_seconds, seconds_of_duration());
  std::optional<double> quantile;
  const bool by_time = section.optional("quantile", quantile, ratio(0, 1, true));
  Duration slice{};
  if (by_time) {
    read_slice(section, slice);
  } else if (section.take("slice") != nullptr) {
    section.scope().error(section.mark("slice"),
                          "expected a quantile beside slice, found none; without one every event "
                          "is judged by itself");
  }
  section.finish();
  if (!histogram) return std::nullopt;
  if (!by_time) return LatencySli{std::move(*histogram), below_seconds};
  return LatencySliceSli{std::move(*histogram), quantile.value_or(0.99), below_seconds, slice};
}

std::optional<Sli> read_throughput(Section section, SloPlaces& places) {
  auto total = read_selector(section, section.take_required("total"), places);
  const auto bound = section.take_one_of({"at_least", "at_most"});
  double per_second = 0;
  if (bound && section.read(*bound->second, per_second, rate()) && bound->first == 0 &&
      per_second == 0) {
    section.scope().error(bound->second->mark,
                          "expected a rate above zero, found zero, which is "
                          "always reached");
  }
  Duration slice{};
  read_slice(section, slice);
  section.finish();
  if (!total || !bound) return std::nullopt;
  ThroughputSli sli{std::move(*total), std::nullopt, std::nullopt, slice};
  (bound->first == 0 ? sli.at_least_per_second : sli.at_most_per_second) = per_second;
  return sli;
}

std::optional<Sli> read_threshold(Section section) {
  section.scope().warn(section.mark(),
                       "threshold is read and checked, but not acted on in this version: this SLO "
                       "is not kept");
  ThresholdSli sli;
  section.required("expr", sli.expression, text());
  const auto bound = section.take_one_of({"below", "above"});
  double value = 0;
  if (bound && section.read(*bound->second, value, number())) {
    (bound->first == 0 ? sli.below : sli.above) = value;
  }
  read_slice(section, sli.slice);
  section.finish();
  return sli;
}

}  // namespace

std::optional<Sli> read_sli(Section& slo, SloPlaces& places) {
  const auto kind = slo.take_one_of({"availability", "latency", "throughput", "threshold"});
  if (!kind) return std::nullopt;
  const YamlNode& node = *kind->second;
  places.sli = {&slo.scope(), node.mark};
  switch (kind->first) {
    case 0:
      return read_availability(Section(slo.scope(), node, "availability"), places);
    case 1:
      return read_latency(Section(slo.scope(), node, "latency"), places);
    case 2:
      return read_throughput(Section(slo.scope(), node, "throughput"), places);
    default:
      return read_threshold(Section(slo.scope(), node, "threshold"));
  }
}

std::vector<const promql::Selector*> selectors(const Sli& sli) {
  std::vector<const promql::Selector*> all;
  if (const auto* availability = std::get_if<AvailabilitySli>(&sli)) {
    all.push_back(&availability->total);
    if (availability->good) all.push_back(&*availability->good);
    if (availability->bad) all.push_back(&*availability->bad);
  } else if (const auto* latency = std::get_if<LatencySli>(&sli)) {
    all = {&latency->histogram};
  } else if (const auto* sliced = std::get_if<LatencySliceSli>(&sli)) {
    all = {&sliced->histogram};
  } else if (const auto* throughput = std::get_if<ThroughputSli>(&sli)) {
    all = {&throughput->total};
  }
  return all;
}

}  // namespace slod::config
