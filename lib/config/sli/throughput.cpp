#include <fmt/format.h>

#include <utility>

#include "lib/config/sli/operand.h"
#include "lib/config/sli/readers.h"

namespace slod::config {
namespace {

std::optional<Sli> throughput(Section& section, Operand total, std::optional<double> at_least,
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

}  // namespace

std::optional<Sli> read_throughput(Section section, SloPlaces& places) {
  Duration slice{};
  read_slice(section, slice);
  auto total = read_operand(section, section.take_required("total"), slice);
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

}  // namespace slod::config
