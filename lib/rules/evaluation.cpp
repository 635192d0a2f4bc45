#include "lib/rules/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <set>
#include <utility>

#include "lib/query/evaluate.h"
#include "lib/rules/made_samples.h"
#include "lib/series/united_source.h"

namespace slod::rules {
namespace {

using Samples = std::vector<RuleSample>;

Labels named(Labels labels, std::string_view metric) {
  labels.set("__name__", metric);
  return labels;
}

std::expected<Samples, std::string> recorded(const Rule& rule, const query::Result& result,
                                             Instant at) {
  Samples samples;
  std::set<Labels> seen;
  const auto add = [&](const Labels& series, double value) {
    Labels labels = named(series, rule.record);
    for (const auto& [name, text] : rule.labels) labels.set(name, text);
    const bool is_new = seen.insert(labels).second;
    samples.push_back({std::move(labels), at, value});
    return is_new;
  };
  if (result.type == promql::ValueType::scalar) add({}, result.scalar);
  for (const SampleRun& run : result.series) {
    if (!run.histograms.empty() && run.histograms.back()) {
      return std::unexpected(
          fmt::format("expected numbers to record as {}, found a native histogram", rule.record));
    }
    if (!add(run.labels, run.values.back())) {
      return std::unexpected(
          "vector contains metrics with the same labelset after applying rule labels");
    }
  }
  return samples;
}

/// ALERTS and ALERTS_FOR_STATE of what is pending or firing.
Samples alert_samples(const std::vector<AlertStatus>& alerts, Instant at) {
  Samples samples;
  samples.reserve(2 * alerts.size());
  for (const AlertStatus& alert : alerts) {
    Labels state = named(alert.labels, "ALERTS");
    state.set("alertstate", to_string(alert.state));
    samples.push_back({std::move(state), at, 1});
    samples.push_back({named(alert.labels, "ALERTS_FOR_STATE"), at, unix_seconds(alert.active_at)});
  }
  return samples;
}

/// One evaluation under way.
class Round {
 public:
  Round(const Group& group, Instant at, std::shared_ptr<const SampleSource> source,
        const EvaluationOptions& options)
      : group_(group),
        at_(at),
        made_(std::make_shared<MadeSamples>()),
        source_(united(std::move(source), made_)),
        options_(options) {}

  void rule(std::size_t index, RuleState& state, std::optional<Instant> down_at) {
    const double began = options_.seconds_now();
    const Rule& rule = group_.rules[index];
    rule_ = index;
    if (down_at) keep(restore_waits(rule, state.status.alerts, *down_at, at_));
    auto samples = evaluated(rule, state.status);
    state.status.health = samples ? Health::ok : Health::error;
    state.status.error = samples ? std::string() : std::move(samples.error());
    if (samples) write(std::move(*samples), state);
    state.status.last_evaluation = at_;
    state.status.evaluation_seconds = options_.seconds_now() - began;
  }

  Evaluation take(GroupState state) {
    return {std::move(state), std::move(samples_), std::move(changes_)};
  }

 private:
  std::expected<Samples, std::string> evaluated(const Rule& rule, RuleStatus& status) {
    query::Options options;
    options.is_cancelled = options_.is_cancelled;
    options.memory_left = options_.memory_left;
    auto result =
        query::instant(*rule.parsed, rule.expr, at_ - group_.query_offset, *source_, options);
    if (!result) return std::unexpected(std::move(result.error().message));
    if (!rule.is_alert()) return limited(recorded(rule, *result, written_at()), "series");
    auto asked = asked_alerts(rule, group_.id(), *result, at_, options_.external_url);
    if (!asked) return std::unexpected(std::move(asked.error()));
    std::vector<AlertStatus> next = status.alerts;
    std::vector<AlertChange> changes = step(rule, next, std::move(*asked), at_);
    if (group_.limit > 0 && next.size() > group_.limit) {
      keep(end_all(status.alerts, at_));  // new ones are not sent
      return over_limit(next.size(), "alerts");
    }
    status.alerts = std::move(next);
    keep(std::move(changes));
    return alert_samples(status.alerts, written_at());
  }

  std::expected<Samples, std::string> limited(std::expected<Samples, std::string> samples,
                                              std::string_view what) const {
    if (!samples || group_.limit == 0 || samples->size() <= group_.limit) return samples;
    return over_limit(samples->size(), what);
  }

  std::unexpected<std::string> over_limit(std::size_t count, std::string_view what) const {
    return std::unexpected(
        fmt::format("exceeded limit of {} with {} {}", group_.limit, count, what));
  }

  /// Series that the rule wrote last time and does not write now end.
  void write(Samples samples, RuleState& state) {
    std::vector<Labels> series;
    series.reserve(samples.size());
    for (const RuleSample& sample : samples) series.push_back(sample.labels);
    std::ranges::sort(series);
    for (const Labels& labels : state.series) {
      if (std::ranges::binary_search(series, labels)) continue;
      samples.push_back({labels, written_at(), stale_marker()});
    }
    for (RuleSample& sample : samples) {
      made_->add(sample);
      samples_.push_back(std::move(sample));
    }
    state.series = std::move(series);
  }

  void keep(std::vector<AlertChange> changes) {
    for (AlertChange& change : changes) {
      change.rule = rule_;
      changes_.push_back(std::move(change));
    }
  }

  Instant written_at() const { return at_ - group_.query_offset; }

  const Group& group_;
  Instant at_;
  std::shared_ptr<MadeSamples> made_;
  std::shared_ptr<const SampleSource> source_;
  const EvaluationOptions& options_;
  std::size_t rule_ = 0;  ///< that is evaluated now
  Samples samples_;
  std::vector<AlertChange> changes_;
};

}  // namespace

Evaluation evaluate(const Group& group, GroupState state, Instant at,
                    std::shared_ptr<const SampleSource> source, const EvaluationOptions& options) {
  const double began = options.seconds_now();
  Round round(group, at, std::move(source), options);
  const std::optional<Instant> down_at = std::exchange(state.down_at, std::nullopt);
  state.rules.resize(group.rules.size());
  for (std::size_t i = 0; i < group.rules.size(); ++i) {
    round.rule(i, state.rules[i], down_at);
  }
  state.last_evaluation = at;
  state.evaluation_seconds = options.seconds_now() - began;
  return round.take(std::move(state));
}

}  // namespace slod::rules
