#include "lib/engine/rule_book.h"

#include <fmt/format.h>

namespace slod {

void RuleBook::reconfigure(const config::Config& config, const Plan& plan, RecentSamples& samples,
                           Notices& notices, Instant now) {
  external_url_ = config.external_url;
  std::vector<std::string> sources;
  sources.reserve(plan.sources.size());
  for (const SourcePlan& source : plan.sources) sources.push_back(source.name);
  const RuleGroups::Dropped dropped = groups_.configure(config.rule_groups, sources, now);
  for (const rules::StoredAlert& stored : dropped.alerts) notices.abandon(stored, now);
  for (const Labels& labels : dropped.series) {
    if (const auto series = samples.find(labels)) samples.end(*series, now);
  }
}

void RuleBook::restore(const std::vector<Keyed<Instant>>& marks) {
  stored_marks_.restore(marks);
}

void RuleBook::restore_alert(const rules::StoredAlert& stored, Notices& notices, Instant now) {
  const Instant* mark = stored_marks_.find(stored.file + ";" + stored.group);
  if (!groups_.restore(stored, mark ? *mark : now, now)) notices.abandon(stored, now);
}

std::vector<RuleJob> RuleBook::take_jobs(const RecentSamples& samples, const std::stop_token& stop,
                                         const std::function<std::size_t()>& memory_left,
                                         Instant now) {
  std::vector<RuleJob> jobs;
  for (RuleGroups::Due& due : groups_.take_due(now)) {
    jobs.emplace_back(std::move(due), samples, external_url_, stopwatch_, memory_left, stop);
  }
  return jobs;
}

void RuleBook::apply(EvaluatedGroup done, RecentSamples& samples, Notices& notices, Instant now) {
  const rules::Group& group = *done.group;
  if (!done.error.empty()) {
    groups_.fail(done.group);
    warnings_.push_back(
        fmt::format("the evaluation of group {} in {} failed, and is tried again "
                    "when it is due next: {}",
                    group.name, group.file, done.error));
  }
  if (!done.evaluation) return;
  rules::Evaluation& evaluation = *done.evaluation;
  std::vector<std::string> errors;
  errors.reserve(evaluation.state.rules.size());
  for (const rules::RuleState& rule : evaluation.state.rules) errors.push_back(rule.status.error);
  if (!groups_.apply(done.group, std::move(evaluation.state))) return;
  record(evaluation.samples, samples);
  for (rules::AlertChange& change : evaluation.changes) {
    notices.note(rules::stored_alert(group, group.rules[change.rule], std::move(change.alert)),
                 change.from, now);
  }
  for (std::size_t i = 0; i < errors.size(); ++i) note_health(group, i, errors[i]);
}

void RuleBook::record(const std::vector<rules::RuleSample>& recorded, RecentSamples& samples) {
  for (const rules::RuleSample& sample : recorded) {
    if (!is_stale_marker(sample.value)) {
      samples.append(samples.series(sample.labels), sample.at, sample.value);
    } else if (const auto series = samples.find(sample.labels)) {
      samples.end(*series, sample.at);
    }
  }
}

/// Says once when a rule begins to fail.
void RuleBook::note_health(const rules::Group& group, std::size_t rule, const std::string& error) {
  const std::string name = fmt::format("{}/{}", group.id(), rule);
  if (error.empty()) {
    failing_.erase(name);
    return;
  }
  if (!failing_.insert(name).second) return;
  const rules::Rule& failing = group.rules[rule];
  warnings_.push_back(fmt::format("the rule {} of group {} in {} cannot be evaluated: {}",
                                  failing.is_alert() ? failing.alert : failing.record, group.name,
                                  group.file, error));
}

void RuleBook::add_active(const Notices& notices, Instant now,
                          std::vector<alert::ActiveNotice>& active) const {
  for (const RuleGroups::ActiveAlert& alert : groups_.active()) {
    notices.add_active(alert.stored, alert.evaluated, now, active);
  }
}

void RuleBook::take_into(Changes& changes) {
  stored_marks_.take_difference(groups_.marks(), changes.remembered.rule_marks);
}

}  // namespace slod
