// The engine's slices of time that are judged by expressions, off the loop.

#include <fmt/format.h>

#include <utility>

#include "lib/engine/engine.h"
#include "lib/engine/expression_needs.h"
#include "lib/engine/slice_work.h"

namespace slod {
namespace {

/// So that a long wait of one SLO does not hold up the others.
constexpr std::size_t slices_at_once = 60;

}  // namespace

void Engine::build_own_feed() {
  own_feed_.reset();
  if (plan_.own_only.empty()) return;
  static const auto no_demand = std::make_shared<const Demand>(std::vector<promql::Selector>{});
  static const auto no_consumers = std::make_shared<const std::vector<std::vector<Consumer>>>();
  SourcePlan own;
  own.demand = no_demand;
  own.consumers = no_consumers;
  own.reported_to = plan_.own_only;
  own_feed_.emplace(std::move(own));
}

void Engine::take_slice_work(Instant now) {
  for (SloState& slo : slos_) {
    std::vector<Interval> due = slo.tracker().due_slices(slices_at_once);
    if (due.empty()) continue;
    const std::string id = to_text(slo.definition().id());
    if (slices_out_.contains(id)) continue;
    const auto in_time = [now](const Interval& slice) {
      return now - slice.end <= slice_late_most;
    };
    for (const Interval& slice : due) {
      if (in_time(slice)) break;
      slo.judge(slice, SliceValue::missing("it was not evaluated in time"));
    }
    std::erase_if(due, [&](const Interval& slice) { return !in_time(slice); });
    if (due.empty()) continue;
    slices_out_.insert(id);
    add_work({[work = slice_work(slo.definition(), std::move(due), samples_),
               stop = work_stop_.get_token()]() mutable -> Work::Apply {
      auto values = evaluate(work, stop);
      return [definition = std::move(work.definition), values = std::move(values)](
                 Engine& engine, Instant) { engine.apply_slices(definition, values); };
    }});
  }
}

void Engine::apply_slices(const SloDefinition& definition,
                          const std::vector<std::pair<Interval, SliceValue>>& values) {
  const std::string id = to_text(definition.id());
  slices_out_.erase(id);
  SloState* slo = find(id);
  // After a reload its expressions may be others.
  if (!slo || slo->definition().fingerprint() != definition.fingerprint()) return;
  for (const auto& [slice, value] : values) slo->judge(slice, value);
}

}  // namespace slod
