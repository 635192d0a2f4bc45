#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/config/counting.h"
#include "lib/config/draft.h"
#include "lib/promql/walk.h"

namespace slod::config {
namespace {

std::optional<promql::Selector> read_selector(Section& section, const YamlNode* node,
                                              SloPlaces& places) {
  if (node == nullptr) return std::nullopt;
  places.selectors.push_back({&section.scope(), node->mark});
  return section.selector(*node);
}

/// Whether the key is there.
bool read_slice(Section& section, Duration& slice) {
  slice = std::chrono::minutes(1);
  return section.optional("slice", slice, duration(std::chrono::seconds(1), std::chrono::days(1)));
}

void note_places(Section& section, const EventSum& sum, Mark mark, SloPlaces& places) {
  places.selectors.insert(places.selectors.end(), sum.terms.size(), {&section.scope(), mark});
}

void note_places(Section& section, const Expression& expression, Mark mark, SloPlaces& places) {
  places.selectors.insert(places.selectors.end(), promql::selectors(*expression.parsed).size(),
                          {&section.scope(), mark});
}

void note_counted(Section& section, const AvailabilitySli& sli) {
  section.scope().note(
      section.mark(),
      fmt::format("availability is counted, each event once: total {}, {} {}", canonical(sli.total),
                  sli.good ? "good" : "bad", canonical(sli.good ? *sli.good : *sli.bad)));
}

void note_evaluated(Section& section, Duration slice, std::string_view kind,
                    const std::string& why) {
  section.scope().note(section.mark(),
                       fmt::format("{} is evaluated at the end of each slice of {} and not "
                                   "counted: {}",
                                   kind, format_duration(slice), why));
}

void warn_of_slice(Section& section, bool is_given) {
  if (!is_given) return;
  section.scope().warn(section.key_mark("slice"),
                       "expected slice only where an expression is evaluated, found it where each "
                       "event is counted as it comes; it has no effect");
}

/// The values of a selector are those of a counter, of which only differences are events.
bool check_no_counter(Section& section, const Counting& counting, const Counting& beside) {
  if (counting.expression) return true;
  section.scope().error(
      counting.mark,
      fmt::format("expected an expression, as beside it, found a selector; what stands beside it "
                  "is evaluated and not counted: {}",
                  reason(*beside.expression, beside.counted.error())));
  return false;
}

std::optional<Sli> evaluated_availability(Section& section, const Counting& total,
                                          const Counting& part, bool part_is_good, Duration slice,
                                          SloPlaces& places) {
  const Counting& uncounted = total.counted ? part : total;
  if (!check_no_counter(section, total, uncounted) || !check_no_counter(section, part, uncounted)) {
    return std::nullopt;
  }
  note_evaluated(section, slice, "availability",
                 reason(*uncounted.expression, uncounted.counted.error()));
  note_places(section, *total.expression, total.mark, places);
  note_places(section, *part.expression, part.mark, places);
  EvaluatedAvailabilitySli sli{*total.expression, std::nullopt, std::nullopt, slice};
  (part_is_good ? sli.good : sli.bad) = part.expression;
  return sli;
}

std::optional<Sli> counted_availability(Section& section, const Counting& total,
                                        const Counting& part, bool part_is_good,
                                        SloPlaces& places) {
  if (!fit_together(total.counted->scale, part.counted->scale)) {
    section.scope().error(part.mark,
                          fmt::format("expected total and {0} both as a rate, or both as an "
                                      "increase over the same range, found total and {0} of "
                                      "different scales",
                                      part_is_good ? "good" : "bad"));
    return std::nullopt;
  }
  AvailabilitySli sli = availability(total.counted->events, part.counted->events, part_is_good);
  note_places(section, sli.total, total.mark, places);
  note_places(section, sli.good ? *sli.good : *sli.bad, part.mark, places);
  if (total.expression || part.expression) note_counted(section, sli);
  return sli;
}

std::optional<Sli> read_error_ratio(Section& section, const YamlNode& node, Duration slice,
                                    bool slice_given, SloPlaces& places) {
  for (const std::string_view key : {"total", "good", "bad"}) {
    if (section.take(key) == nullptr) continue;
    section.scope().error(section.key_mark(key),
                          fmt::format("expected error_ratio alone, found {} beside it", key));
  }
  auto expression = read_expression(section, &node, slice);
  section.finish();
  if (!expression) return std::nullopt;
  auto counted = counted_ratio(*expression->parsed);
  if (!counted) {
    note_evaluated(section, slice, "error_ratio", reason(*expression, counted.error()));
    note_places(section, *expression, node.mark, places);
    return ErrorRatioSli{std::move(*expression), slice};
  }
  warn_of_slice(section, slice_given);
  AvailabilitySli sli =
      availability(std::move(counted->total), std::move(counted->part), counted->part_is_good);
  note_places(section, sli.total, node.mark, places);
  note_places(section, sli.good ? *sli.good : *sli.bad, node.mark, places);
  note_counted(section, sli);
  return sli;
}

std::optional<Sli> read_availability(Section section, SloPlaces& places) {
  Duration slice{};
  const bool slice_given = read_slice(section, slice);
  if (const YamlNode* ratio = section.take("error_ratio")) {
    return read_error_ratio(section, *ratio, slice, slice_given, places);
  }
  const auto total = read_counting(section, section.take_required("total"), slice);
  const auto written_part = section.take_one_of({"good", "bad"});
  const auto part =
      written_part ? read_counting(section, written_part->second, slice) : std::nullopt;
  section.finish();
  if (!total || !part) return std::nullopt;
  const bool part_is_good = written_part->first == 0;
  if (!total->counted || !part->counted) {
    return evaluated_availability(section, *total, *part, part_is_good, slice, places);
  }
  warn_of_slice(section, slice_given);
  return counted_availability(section, *total, *part, part_is_good, places);
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

std::optional<Sli> throughput(Section& section, Counting total, std::optional<double> at_least,
                              std::optional<double> at_most, Duration slice, SloPlaces& places) {
  if (!total.counted) {
    note_evaluated(section, slice, "throughput", reason(*total.expression, total.counted.error()));
    note_places(section, *total.expression, total.mark, places);
    return EvaluatedThroughputSli{std::move(*total.expression), at_least, at_most, slice};
  }
  note_places(section, total.counted->events, total.mark, places);
  if (total.expression) {
    section.scope().note(section.mark(), fmt::format("throughput is counted, each event once: {}",
                                                     canonical(total.counted->events)));
  }
  return ThroughputSli{std::move(total.counted->events), at_least, at_most, slice};
}

std::optional<Sli> read_throughput(Section section, SloPlaces& places) {
  Duration slice{};
  read_slice(section, slice);
  auto total = read_counting(section, section.take_required("total"), slice);
  const auto bound = section.take_one_of({"at_least", "at_most"});
  double per_second = 0;
  if (bound && section.read(*bound->second, per_second, rate()) && bound->first == 0 &&
      per_second == 0) {
    section.scope().error(bound->second->mark,
                          "expected a rate above zero, found zero, which is "
                          "always reached");
  }
  section.finish();
  if (!total || !bound) return std::nullopt;
  const bool at_least = bound->first == 0;
  return throughput(section, std::move(*total), at_least ? std::optional(per_second) : std::nullopt,
                    at_least ? std::nullopt : std::optional(per_second), slice, places);
}

std::optional<Sli> read_threshold(Section section, SloPlaces& places) {
  ThresholdSli sli;
  read_slice(section, sli.slice);
  const YamlNode* node = section.take_required("expr");
  auto expression = read_expression(section, node, sli.slice);
  const auto bound = section.take_one_of({"below", "above"});
  double value = 0;
  if (bound && section.read(*bound->second, value, number())) {
    (bound->first == 0 ? sli.below : sli.above) = value;
  }
  section.finish();
  if (!expression || !bound) return std::nullopt;
  const auto* binary = std::get_if<promql::Binary>(&expression->parsed->node);
  if (binary != nullptr && promql::is_comparison(binary->op) && !binary->return_bool) {
    section.scope().warn(node->mark,
                         "expected an expression that has a value whether the bound is kept or "
                         "not, found a comparison, without a value where it does not hold: such "
                         "slices are missing");
  }
  note_places(section, *expression, node->mark, places);
  sli.expression = std::move(*expression);
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
      return read_threshold(Section(slo.scope(), node, "threshold"), places);
  }
}

std::vector<promql::Selector> selectors(const Sli& sli) {
  std::vector<promql::Selector> all;
  const auto add = [&all](const EventSum& sum) {
    for (const EventTerm& term : sum.terms) all.push_back(term.selector);
  };
  if (const auto* availability = std::get_if<AvailabilitySli>(&sli)) {
    add(availability->total);
    add(availability->good ? *availability->good : *availability->bad);
  } else if (const auto* latency = std::get_if<LatencySli>(&sli)) {
    all = {latency->histogram};
  } else if (const auto* sliced = std::get_if<LatencySliceSli>(&sli)) {
    all = {sliced->histogram};
  } else if (const auto* throughput = std::get_if<ThroughputSli>(&sli)) {
    add(throughput->total);
  }
  for (const Expression* expression : expressions(sli)) {
    for (const promql::VectorSelector* selector : promql::selectors(*expression->parsed)) {
      all.push_back(selected(*selector));
    }
  }
  return all;
}

}  // namespace slod::config
