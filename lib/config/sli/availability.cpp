#include <fmt/format.h>

#include <utility>

#include "lib/config/sli/operand.h"
#include "lib/config/sli/readers.h"

namespace slod::config {
namespace {

void note_counted(Section& section, const AvailabilitySli& sli) {
  section.scope().note(
      section.mark(),
      fmt::format("availability is counted, each event once: total {}, {} {}", canonical(sli.total),
                  sli.good ? "good" : "bad", canonical(sli.good ? *sli.good : *sli.bad)));
}

void warn_of_slice(Section& section, bool is_given) {
  if (!is_given) return;
  section.scope().warn(section.key_mark("slice"),
                       "expected slice only where an expression is evaluated, found it where each "
                       "event is counted as it comes; it has no effect");
}

/// The values of a selector are those of a counter, of which only differences are events.
bool check_no_counter(Section& section, const Operand& operand, const Operand& beside) {
  if (operand.expression) return true;
  section.scope().error(
      operand.mark,
      fmt::format("expected an expression, as beside it, found a selector; what stands beside it "
                  "is evaluated and not counted: {}",
                  reason(*beside.expression, beside.counted.error())));
  return false;
}

bool are_the_same(const Operand& a, const Operand& b) {
  if (a.counted && b.counted) return canonical(a.counted->events) == canonical(b.counted->events);
  return a.expression && b.expression && canonical(*a.expression) == canonical(*b.expression);
}

/// With the same series as total and as good or bad, no error or no success could ever be seen.
bool check_part(Section& section, const Operand& total, const Operand& part, bool part_is_good) {
  if (!are_the_same(total, part)) return true;
  section.scope().error(
      part.mark, fmt::format("expected {} to be a part of total, found the same as total: {} event "
                             "would be bad",
                             part_is_good ? "good" : "bad", part_is_good ? "no" : "every"));
  return false;
}

std::optional<Sli> evaluated_availability(Section& section, const Operand& total,
                                          const Operand& part, bool part_is_good, Duration slice,
                                          SloPlaces& places) {
  const Operand& uncounted = total.counted ? part : total;
  if (!check_no_counter(section, total, uncounted) || !check_no_counter(section, part, uncounted)) {
    return std::nullopt;
  }
  note_evaluated(section, slice, "availability",
                 reason(*uncounted.expression, uncounted.counted.error()));
  note_places(section, *total.expression, total.mark, places);
  note_places(section, *part.expression, part.mark, places);
  return slod::evaluated_availability(*total.expression, *part.expression, part_is_good, slice);
}

std::optional<Sli> counted_availability(Section& section, const Operand& total, const Operand& part,
                                        bool part_is_good, SloPlaces& places) {
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
    return error_ratio(std::move(*expression), slice);
  }
  warn_of_slice(section, slice_given);
  AvailabilitySli sli =
      availability(std::move(counted->total), std::move(counted->part), counted->part_is_good);
  note_places(section, sli.total, node.mark, places);
  note_places(section, sli.good ? *sli.good : *sli.bad, node.mark, places);
  note_counted(section, sli);
  return sli;
}

}  // namespace

std::optional<Sli> read_availability(Section section, SloPlaces& places) {
  Duration slice{};
  const bool slice_given = read_slice(section, slice);
  if (const YamlNode* ratio = section.take("error_ratio")) {
    return read_error_ratio(section, *ratio, slice, slice_given, places);
  }
  const auto total = read_operand(section, section.take_required("total"), slice);
  const auto written_part = section.take_one_of({"good", "bad"});
  const auto part =
      written_part ? read_operand(section, written_part->second, slice) : std::nullopt;
  section.finish();
  if (!total || !part) return std::nullopt;
  const bool part_is_good = written_part->first == 0;
  if (!check_part(section, *total, *part, part_is_good)) return std::nullopt;
  if (!total->counted || !part->counted) {
    return evaluated_availability(section, *total, *part, part_is_good, slice, places);
  }
  warn_of_slice(section, slice_given);
  return counted_availability(section, *total, *part, part_is_good, places);
}

}  // namespace slod::config
