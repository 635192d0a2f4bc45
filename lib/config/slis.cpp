#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/config/sli/readers.h"
#include "lib/promql/walk.h"

namespace slod::config {
namespace {

struct SliReader {
  std::string_view kind;
  std::optional<Sli> (*read)(Section section, SloPlaces& places);
  /// Together they have every key that the kind may have: the schema is made of them.
  std::array<std::string_view, 3> specimens;
};

/// The one list of all readers.
constexpr SliReader readers[] = {
    {AvailabilitySli::kind,
     read_availability,
     {"{total: a, bad: b}", "{total: a, good: b, slice: 1m}",
      "{error_ratio: 'avg(a)', slice: 1m}"}},
    {LatencySli::kind,
     read_latency,
     {"{histogram: h, below: 500ms}", "{histogram: h, below: 500ms, quantile: 0.99, slice: 1m}"}},
    {ThroughputSli::kind,
     read_throughput,
     {"{total: t, at_least: 10/s, slice: 1m}", "{total: t, at_most: 10/s}"}},
    {ThresholdSli::kind,
     read_threshold,
     {"{expr: 'avg(a)', below: 0.8, slice: 1m}", "{expr: 'avg(a)', above: 0.8}"}},
};

template <class... Forms>
consteval bool all_have_a_reader(const std::variant<Forms...>* /*forms*/) {
  return (std::ranges::any_of(readers, [](const SliReader& r) { return r.kind == Forms::kind; }) &&
          ...);
}
static_assert(all_have_a_reader(static_cast<const Sli*>(nullptr)),
              "an SLI that no configuration can have");

}  // namespace

std::optional<Sli> read_sli(Section& slo, SloPlaces& places) {
  std::vector<std::string_view> kinds;
  for (const SliReader& reader : readers) kinds.push_back(reader.kind);
  const auto written = slo.take_one_of(kinds);
  if (!written) return std::nullopt;
  const auto& [index, node] = *written;
  places.sli = {&slo.scope(), node->mark};
  return readers[index].read(Section(slo.scope(), *node, std::string(kinds[index])), places);
}

std::vector<std::string> sli_specimens() {
  std::vector<std::string> specimens;
  for (const SliReader& reader : readers) {
    for (const std::string_view specimen : reader.specimens) {
      if (!specimen.empty()) specimens.push_back(fmt::format("{}: {}", reader.kind, specimen));
    }
  }
  return specimens;
}

void note_places(Section& section, const EventSum& sum, Mark mark, SloPlaces& places) {
  for (const EventTerm& term : sum.terms) {
    places.selectors.push_back({term.selector, {&section.scope(), mark}});
  }
}

void note_places(Section& section, const Expression& expression, Mark mark, SloPlaces& places) {
  for (const promql::VectorSelector* selector : promql::selectors(*expression.parsed)) {
    places.selectors.push_back({promql::selected(*selector), {&section.scope(), mark}});
  }
}

void note_evaluated(Section& section, Duration slice, std::string_view what,
                    const std::string& why) {
  section.scope().note(section.mark(),
                       fmt::format("{} is evaluated at the end of each slice of {} and not "
                                   "counted: {}",
                                   what, format_duration(slice), why));
}

}  // namespace slod::config
