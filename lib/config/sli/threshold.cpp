#include <utility>
#include <variant>

#include "lib/config/sli/operand.h"
#include "lib/config/sli/readers.h"

namespace slod::config {

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

}  // namespace slod::config
