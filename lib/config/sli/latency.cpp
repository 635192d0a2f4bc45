#include <fmt/format.h>

#include <array>

#include "lib/config/sli/operand.h"
#include "lib/config/sli/readers.h"

namespace slod::config {
namespace {

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

}  // namespace

std::optional<Sli> read_latency(Section section, SloPlaces& places) {
  const YamlNode* histogram_node = section.take_required("histogram");
  const auto histogram =
      histogram_node == nullptr ? std::nullopt : section.selector(*histogram_node);
  if (histogram) {
    check_histogram(section, *histogram_node, *histogram);
    note_places(section, EventSum(*histogram), histogram_node->mark, places);
  }
  double below_seconds = 0;
  section.required("below", below_seconds, seconds_of_duration());
  places.threshold = {&section.scope(), section.mark("below")};
  std::optional<double> quantile;
  const bool by_slices = section.optional("quantile", quantile, ratio(0, 1, true));
  Duration slice{};
  if (by_slices) {
    read_slice(section, slice);
  } else if (section.take("slice") != nullptr) {
    section.scope().error(section.mark("slice"),
                          "expected a quantile beside slice, found none; without one every event "
                          "is judged by itself");
  }
  section.finish();
  if (!histogram) return std::nullopt;
  if (!by_slices) return LatencySli{*histogram, below_seconds};
  return LatencySliceSli{*histogram, quantile.value_or(0.99), below_seconds, slice};
}

}  // namespace slod::config
