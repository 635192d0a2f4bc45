// The engine's rules: what is evaluated off the loop, and what becomes of it.

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <utility>

#include "lib/engine/alert_notice.h"
#include "lib/engine/engine.h"
#include "lib/engine/expression_view.h"
#include "lib/json/text.h"

namespace slod {
void Engine::build_rules(Instant now) {
  std::vector<std::string> sources;
  sources.reserve(plan_.sources.size());
  for (const SourcePlan& source : plan_.sources) sources.push_back(source.name);
  const RuleGroups::Dropped dropped = rule_groups_.configure(config_.rule_groups, sources, now);
  for (const rules::StoredAlert& stored : dropped.alerts) resolve_abandoned(stored, now);
  for (const Labels& labels : dropped.series) {
    if (const auto series = samples_.find(labels)) samples_.end(*series, now);
  }
}

void Engine::restore_alert(const std::string& key, const boost::json::value& episode, Instant now) {
  const auto stored = rules::stored_alert_from_json(episode);
  if (!stored) {
    problems_.push_back(fmt::format("the stored alert {} cannot be read: {}", key, stored.error()));
    return;
  }
  Instant down_at = now;
  if (const auto mark = stored_marks_.find(stored->file + ";" + stored->group);
      mark != stored_marks_.end()) {
    down_at = mark->second.value_or(now);
  }
  if (!rule_groups_.restore(*stored, down_at, now)) resolve_abandoned(*stored, now);
}

void Engine::take_rule_work(Instant now) {
  for (RuleGroups::Due& due : rule_groups_.take_due(now)) {
    std::vector<const promql::Expr*> read;
    for (const rules::Rule& rule : due.group->rules) read.push_back(rule.parsed.get());
    const Instant at = due.at - due.group->query_offset;
    auto source = view_for(read, at, at, samples_);
    rules::EvaluationOptions options{
        .external_url = config_.external_url,
        .is_cancelled = [stop = work_stop_.get_token()] { return stop.stop_requested(); },
        .seconds_now = stopwatch_};
    add_work({[due = std::move(due), source = std::move(source), options]() mutable -> Work::Apply {
      rules::Evaluation done =
          rules::evaluate(*due.group, std::move(due.state), due.at, std::move(source), options);
      if (options.is_cancelled()) return [](Engine&, Instant) {};
      return [group = std::move(due.group), done = std::move(done)](Engine& engine,
                                                                    Instant when) mutable {
        engine.apply_rules(group, std::move(done), when);
      };
    }});
  }
}

void Engine::apply_rules(const std::shared_ptr<const rules::Group>& group, rules::Evaluation done,
                         Instant now) {
  std::vector<std::string> errors;
  errors.reserve(done.state.rules.size());
  for (const rules::RuleState& rule : done.state.rules) errors.push_back(rule.status.error);
  if (!rule_groups_.apply(group, std::move(done.state))) return;
  for (const rules::RuleSample& sample : done.samples) {
    if (!is_stale_marker(sample.value)) {
      samples_.append(samples_.series(sample.labels), sample.at, sample.value);
    } else if (const auto series = samples_.find(sample.labels)) {
      samples_.end(*series, sample.at);
    }
  }
  for (rules::AlertChange& change : done.changes) {
    note_alert(rules::stored_alert(*group, group->rules[change.rule], std::move(change.alert)),
               change.from, now);
  }
  for (std::size_t i = 0; i < errors.size(); ++i) explain_rule(*group, i, errors[i]);
}

void Engine::note_alert(const rules::StoredAlert& stored, rules::AlertState from, Instant now) {
  using enum rules::AlertState;
  const rules::AlertState to = stored.alert.state;
  changes_.episodes.push_back(
      {stored.alert.key, json_text(rules::to_json(stored)), to != inactive, now});
  const bool fired = to == firing && from != firing;
  const bool resolved = to == inactive && from == firing;
  if (fired || resolved) send(alert_notice(stored, config_.external_url, now), now);
}

void Engine::resolve_abandoned(rules::StoredAlert stored, Instant now) {
  const rules::AlertState from = std::exchange(stored.alert.state, rules::AlertState::inactive);
  if (from == rules::AlertState::firing) stored.alert.resolved_at = now;
  note_alert(stored, from, now);
}

/// Says once when a rule begins to fail.
void Engine::explain_rule(const rules::Group& group, std::size_t rule, const std::string& error) {
  const std::string name = fmt::format("{}/{}", group.id(), rule);
  if (error.empty()) {
    failing_rules_.erase(name);
    return;
  }
  if (!failing_rules_.insert(name).second) return;
  const rules::Rule& failing = group.rules[rule];
  problems_.push_back(fmt::format("the rule {} of group {} in {} cannot be evaluated: {}",
                                  failing.is_alert() ? failing.alert : failing.record, group.name,
                                  group.file, error));
}

}  // namespace slod
