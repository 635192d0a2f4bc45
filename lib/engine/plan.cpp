#include "lib/engine/plan.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "lib/engine/expression_needs.h"
#include "lib/series/process_book.h"
#include "lib/series/sample_intake.h"

namespace slod {
namespace {

/// Whether a server could scrape a target: one sample for each that it knows.
constexpr std::string_view up_metric = "up";

/// A selector that some SLOs want, and what they want it for; without one, its samples are kept.
struct Wanted {
  promql::Selector selector;
  std::vector<Consumer> consumers;
};

/// What SLOs count comes first, then what their expressions read.
std::vector<Wanted> wanted_by(std::span<const SloDefinition> slos,
                              std::span<const std::vector<promql::Selector>> read,
                              const std::vector<promql::Selector>& kept) {
  std::vector<Wanted> all;
  std::map<std::string, std::size_t> by_text;
  const auto wanted = [&](const promql::Selector& selector) -> Wanted& {
    const auto [at, added] = by_text.emplace(selector.text(), all.size());
    if (added) all.push_back({selector, {}});
    return all[at->second];
  };
  for (const SloDefinition& slo : slos) {
    for (const Demanded& demanded : demands(slo.sli)) {
      wanted(demanded.selector).consumers.push_back({slo.id(), demanded.role, demanded.subtracted});
    }
  }
  for (std::size_t slo = 0; slo < slos.size(); ++slo) {
    for (const promql::Selector& selector : read[slo]) {
      wanted(selector).consumers.push_back({slos[slo].id(), Role::value, false});
    }
  }
  for (const promql::Selector& selector : kept) wanted(selector);
  return all;
}

bool is_counted(const Wanted& wanted) {
  return std::ranges::any_of(wanted.consumers,
                             [](const Consumer& consumer) { return consumer.role != Role::value; });
}

/// Whether the source is not asked for it, since slod says it itself.
bool is_in_scrape_report(const Wanted& wanted, const SourceOptions& options) {
  return options.kind.has_scrape_report && !is_counted(wanted) &&
         is_scrape_report(wanted.selector.metric);
}

bool can_match(const promql::Selector& selector, const SourceOptions& options) {
  return std::ranges::all_of(selector.matchers, [&](const promql::Matcher& matcher) {
    const std::string_view value = options.target_labels.get(matcher.label());
    return value.empty() || matcher.accepts(value);
  });
}

promql::Selector with_metric(promql::Selector selector, std::string_view metric) {
  selector.metric = metric;
  return selector;
}

/// What says which processes there are, and when they began, whose counters these selectors count:
/// of a target when it began, of a server that and `up` of the same jobs.
std::vector<promql::Selector> process_evidence(std::span<const promql::Selector> counted,
                                               bool is_target) {
  if (counted.empty()) return {};
  if (is_target) return {with_metric({}, process_start_metric)};
  std::map<std::string, promql::Selector> of_jobs;
  for (const promql::Selector& selector : counted) {
    promql::Selector of_job{.metric = {}, .matchers = {}};
    std::ranges::copy_if(selector.matchers, std::back_inserter(of_job.matchers),
                         [](const promql::Matcher& matcher) { return matcher.label() == "job"; });
    if (of_job.matchers.empty())
      return {with_metric({}, process_start_metric), with_metric({}, up_metric)};
    std::string text = with_metric(of_job, up_metric).text();
    of_jobs.emplace(std::move(text), std::move(of_job));
  }
  std::vector<promql::Selector> all;
  for (const auto& [text, of_job] : of_jobs) {
    all.push_back(with_metric(of_job, process_start_metric));
    all.push_back(with_metric(of_job, up_metric));
  }
  return all;
}

/// Builds each distinct demand once.
class Demands {
 public:
  explicit Demands(const std::vector<Wanted>& wanted) : wanted_(wanted) {}

  /// Fills in what `source` has to deliver. False: nothing.
  bool fill(SourcePlan& source) {
    std::vector<std::size_t> matching;
    bool is_read = false;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!can_match(wanted_[i].selector, source.options)) continue;
      is_read = true;
      if (!is_in_scrape_report(wanted_[i], source.options)) {
        matching.push_back(i);
        continue;
      }
      for (const Consumer& consumer : wanted_[i].consumers) {
        source.reported_to.push_back(consumer.slo);
      }
    }
    if (!is_read) return false;
    const bool is_target = source.options.kind == target_kind;
    auto& [demand, consumers] = built_[{is_target, matching}];
    if (!demand) {
      std::vector<promql::Selector> selectors;
      std::vector<std::vector<Consumer>> by_id;
      std::uint32_t counted = 0;
      for (const std::size_t i : matching) {
        selectors.push_back(wanted_[i].selector);
        by_id.push_back(wanted_[i].consumers);
        if (is_counted(wanted_[i])) ++counted;
      }
      for (promql::Selector& evidence :
           process_evidence(std::span(selectors).first(counted), is_target)) {
        selectors.push_back(std::move(evidence));
        by_id.emplace_back();
      }
      demand = std::make_shared<const Demand>(std::move(selectors), counted);
      consumers = std::make_shared<const std::vector<std::vector<Consumer>>>(std::move(by_id));
    }
    source.demand = demand;
    source.consumers = consumers;
    return true;
  }

 private:
  using Built = std::pair<std::shared_ptr<const Demand>,
                          std::shared_ptr<const std::vector<std::vector<Consumer>>>>;

  const std::vector<Wanted>& wanted_;
  std::map<std::pair<bool, std::vector<std::size_t>>, Built> built_;
};

SourcePlan target_plan(const config::Config& config, ConfiguredTarget configured) {
  const config::ScrapeJob& job = config.scrape[configured.job];
  const std::string instance = job.targets[configured.target].text();
  Labels labels = job.labels;
  labels.set("job", job.job);
  labels.set("instance", instance);
  return {.name = "scrape/" + job.job + "/" + instance,
          .configured = configured,
          .options = {.kind = target_kind,
                      .target_labels = std::move(labels),
                      .interval = job.interval,
                      .sample_limit = job.sample_limit,
                      .honor_timestamps = job.honor_timestamps},
          .demand = nullptr,
          .consumers = nullptr};
}

SourcePlan server_plan(const config::Config& config, ConfiguredServer configured) {
  const config::PrometheusServer& server = config.prometheus[configured.server];
  return {.name = "prometheus/" + server.name,
          .configured = configured,
          .options = {.kind = server_kind,
                      .target_labels = {},
                      .interval = server.interval,
                      .sample_limit = 10'000'000,
                      .honor_timestamps = server.honor_timestamps,
                      .replica_labels = server.replica_labels},
          .demand = nullptr,
          .consumers = nullptr};
}

/// The shortest interval of the sources of each SLO, or 15 s where nothing can feed it.
std::vector<Duration> intervals(const Plan& plan) {
  constexpr Duration usual = std::chrono::seconds(15);
  std::unordered_map<SloId, Duration, SloIdHash> shortest;
  const auto shorten = [&](const SloId& slo, Duration interval) {
    const auto known = shortest.try_emplace(slo, interval).first;
    known->second = std::min(known->second, interval);
  };
  for (const SourcePlan& source : plan.sources) {
    for (const auto& consumers : *source.consumers) {
      for (const Consumer& consumer : consumers) shorten(consumer.slo, source.options.interval);
    }
    for (const SloId& slo : source.reported_to) shorten(slo, source.options.interval);
  }
  std::vector<Duration> intervals;
  for (const SloDefinition& slo : plan.slos) {
    const auto known = shortest.find(slo.id());
    intervals.push_back(known == shortest.end() ? usual : known->second);
  }
  return intervals;
}

Duration resolution(const SloDefinition& slo, Duration interval) {
  if (!slo.is_evaluated()) return interval;
  const Duration slice = *slo.slice();
  return slice * ((2 * interval + slice - Duration(1)) / slice);
}

}  // namespace

Plan make_plan(const config::Config& config) {
  Plan plan;
  plan.slos = config.slos;
  const auto read = read_selectors(config);
  for (std::size_t i = 0; i < plan.slos.size(); ++i) {
    if (plan.slos[i].is_evaluated() && read[i].empty()) {
      plan.own_only.push_back(plan.slos[i].id());
    }
  }
  const std::vector<Wanted> wanted = wanted_by(plan.slos, read, kept_selectors(config));
  Demands demands(wanted);
  for (std::size_t job = 0; job < config.scrape.size(); ++job) {
    for (std::size_t target = 0; target < config.scrape[job].targets.size(); ++target) {
      SourcePlan source = target_plan(config, {job, target});
      if (demands.fill(source)) plan.sources.push_back(std::move(source));
    }
  }
  for (std::size_t server = 0; server < config.prometheus.size(); ++server) {
    if (config.prometheus[server].mode != config::PrometheusServer::Mode::federate) continue;
    SourcePlan source = server_plan(config, {server});
    if (demands.fill(source)) plan.sources.push_back(std::move(source));
  }
  const std::vector<Duration> shortest = intervals(plan);
  for (std::size_t i = 0; i < plan.slos.size(); ++i) {
    plan.resolutions.push_back(resolution(plan.slos[i], shortest[i]));
  }
  return plan;
}

}  // namespace slod
