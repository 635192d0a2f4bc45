#include "daemon/commands/page_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "lib/engine/expression_needs.h"
#include "lib/series/process_book.h"
#include "lib/series/sample_intake.h"
#include "lib/slo/histogram_unit.h"
#include "lib/slo/part_watch.h"

namespace slod {
namespace {

std::optional<std::string> bounds_warning(const std::set<double>& bounds) {
  if (bounds.empty() || std::isinf(*bounds.rbegin())) return std::nullopt;
  return fmt::format(
      "the histogram has no bucket with le=\"+Inf\": events slower than {} s are not seen",
      *bounds.rbegin());
}

std::optional<std::string> threshold_warning(const SloDefinition& slo,
                                             const std::set<double>& bounds) {
  const auto use = bucket_use(slo.sli);
  const auto threshold = use ? use->threshold_seconds : std::nullopt;
  if (!threshold || bounds.empty() || bounds.contains(*threshold)) return std::nullopt;
  const auto above = bounds.lower_bound(*threshold);
  if (above == bounds.begin() && std::isinf(*above)) {
    return "the histogram has no bucket but le=\"+Inf\": every event counts as bad";
  }
  const double lower = above == bounds.begin() ? 0 : *std::prev(above);
  if (std::isinf(*above)) {
    return fmt::format(
        "expected below to be a bucket's bound, found {} s, above the highest one, {} s: what took "
        "longer than that counts as bad",
        *threshold, lower);
  }
  return fmt::format(
      "expected below to be a bucket's bound, found {} s, between {} s and {} s: good events are "
      "interpolated; a threshold on either would be exact",
      *threshold, lower, *above);
}

std::optional<std::string> unit_warning(const SloDefinition& slo, const std::set<double>& bounds) {
  const auto use = bucket_use(slo.sli);
  if (!use) return std::nullopt;
  const double below = use->below_seconds;
  const std::string_view unit = unit_of_histogram(use->metric, bounds, below);
  if (unit.empty()) return std::nullopt;
  const double in_unit = below * per_second(unit);
  return fmt::format(
      "expected a histogram in seconds, found {} with bounds from {} to {}, which seem to be {}: "
      "bounds are read as seconds, so that nearly every event would be bad. If {} {} are meant, "
      "write below: {}s; quantiles are then shown {} times too long",
      use->metric, *bounds.begin(), *std::prev(bounds.upper_bound(1e300)), unit, in_unit, unit,
      in_unit, per_second(unit));
}

}  // namespace

void PageEvidence::note(const SourcePlan& source, const std::string& url, const BatchResult& result,
                        const SeriesBook& book) {
  for (const BatchSample& sample : result.batch.samples) {
    const Series series = book.series(sample.series);
    if (series.metric == process_start_metric) {
      starts_[source.name].emplace(series.labels.get("instance"), sample.value);
    }
    const std::string process = fmt::format("{} {} {}", source.name, series.labels.get("job"),
                                            series.labels.get("instance"));
    for (const std::uint32_t id : series.demands) {
      for (const Consumer& consumer : (*source.consumers)[id]) {
        Seen& seen = seen_[consumer.slo];
        seen.selectors.insert(source.demand->selectors()[id].text());
        if (consumer.role == Role::value) seen.roles.insert(consumer.role);
        const bool is_total = consumer.role == Role::total;
        if (!is_total && consumer.role != Role::good && consumer.role != Role::bad) continue;
        if (!std::isfinite(sample.value)) continue;
        Standing& standing = seen.standing[process];
        std::optional<double>& sum = is_total ? standing.total : standing.part;
        sum = sum.value_or(0) + (consumer.subtracted ? -sample.value : sample.value);
      }
    }
  }
  note_counted(source, url, result, book);
}

void PageEvidence::note_counted(const SourcePlan& source, const std::string& url,
                                const BatchResult& result, const SeriesBook& book) {
  for (const Observation& observation : result.observations) {
    const Series series = book.series(observation.series);
    const auto metadata = result.batch.metadata.find(series.metric);
    const bool is_gauge =
        metadata != result.batch.metadata.end() && metadata->second.type == "gauge";
    for (const std::uint32_t id : series.demands) {
      for (const Consumer& consumer : (*source.consumers)[id]) {
        if (consumer.role == Role::value) continue;
        Seen& seen = seen_[consumer.slo];
        seen.roles.insert(consumer.role);
        if (is_gauge) seen.gauges.insert(series.metric);
        if (consumer.role == Role::bucket && !std::isnan(series.le)) seen.bounds.insert(series.le);
        Delivery& delivery = seen.delivered[source.name];
        delivery.url = url;
        delivery.target_labels = source.options.target_labels;
        delivery.series.push_back({series.metric, series.labels});
      }
    }
  }
}

void PageEvidence::find_unmatched(const SloDefinition& slo, const Seen& seen,
                                  SourceFindings& findings) {
  for (const Demanded& demanded : demands(slo.sli)) {
    const std::string selector = demanded.selector.text();
    if (demanded.role != Role::bad) {
      if (seen.roles.contains(demanded.role)) continue;
      findings.warnings.push_back(
          {to_text(slo.id()),
           fmt::format("no series match {}: {}", to_string(demanded.role), selector)});
    } else if (seen.roles.contains(Role::total) && !seen.selectors.contains(selector)) {
      // Errors that have never happened often have no series yet.
      findings.notes.push_back(
          fmt::format("{}: no series match bad: {}; this is right as long as nothing has failed",
                      to_text(slo.id()), selector));
    }
  }
}

void PageEvidence::find_unread(const SloDefinition& slo, const std::vector<promql::Selector>& read,
                               const Seen& seen, SourceFindings& findings) {
  for (const promql::Selector& selector : read) {
    if (is_scrape_report(selector.metric) || seen.selectors.contains(selector.text())) continue;
    if (!seen.roles.contains(Role::value)) {
      findings.warnings.push_back(
          {to_text(slo.id()), fmt::format("no series match its expressions: {}", read[0].text())});
      return;
    }
    findings.notes.push_back(
        fmt::format("{}: no series match {}, which its expressions read; this is right as long as "
                    "nothing of it has happened",
                    to_text(slo.id()), selector.text()));
  }
}

void PageEvidence::find_gauges(const SloDefinition& slo, const Seen& seen,
                               SourceFindings& findings) {
  for (const std::string& metric : seen.gauges) {
    findings.warnings.push_back(
        {to_text(slo.id()),
         fmt::format("expected a counter, found {0}, which its page calls a gauge: each of its "
                     "rises would count as events. Name the counter that it is made of, or have "
                     "its value evaluated: sum(avg_over_time({0}[{{{{.window}}}}]))",
                     metric)});
  }
}

/// Counters of one process have counted equally long, so that they can be compared as they stand.
void PageEvidence::find_parts(const SloDefinition& slo, const Seen& seen,
                              SourceFindings& findings) {
  const auto part = part_of(slo.sli);
  if (!part || !seen.gauges.empty()) return;
  PartFinding finding{.part = *part};
  for (const auto& [process, standing] : seen.standing) {
    if (!standing.total || !standing.part) continue;
    finding.total += *standing.total;
    finding.events += *standing.part;
  }
  if (!are_no_part(finding.events, finding.total)) return;
  findings.warnings.push_back({to_text(slo.id()), to_text(finding)});
}

void PageEvidence::check_threshold(const SloDefinition& slo, const Seen& seen,
                                   SourceFindings& findings) {
  if (auto warning = bounds_warning(seen.bounds)) {
    findings.warnings.push_back({to_text(slo.id()), std::move(*warning)});
  } else if (auto unit = unit_warning(slo, seen.bounds)) {
    findings.warnings.push_back({to_text(slo.id()), std::move(*unit), true});
  } else if (auto about = threshold_warning(slo, seen.bounds)) {
    findings.warnings.push_back({to_text(slo.id()), std::move(*about), true});
  }
}

void PageEvidence::find_shared(const SloDefinition& slo, const Seen& seen,
                               SourceFindings& findings) const {
  std::map<std::string, Delivery> deliveries = seen.delivered;
  for (auto& [source, delivery] : deliveries) {
    if (const auto starts = starts_.find(source); starts != starts_.end()) {
      delivery.starts = starts->second;
    }
  }
  for (auto a = deliveries.begin(); a != deliveries.end(); ++a) {
    for (auto b = std::next(a); b != deliveries.end(); ++b) {
      const auto shared = shared_series(a->second, b->second);
      if (!shared) continue;
      findings.warnings.push_back(
          {to_text(slo.id()),
           fmt::format(
               "expected each event from one source, found {}{} in both {} and {}: events "
               "count twice. Remove one of the two, name its job in the selectors or, if they are "
               "replicas of one server, write them as one with urls: [a, b]",
               shared->metric, to_text(shared->labels), a->first, b->first)});
      return;
    }
  }
}

void PageEvidence::compare(const config::Config& config, const Plan& plan, bool all_read,
                           SourceFindings& findings) const {
  static const Seen nothing;
  const auto read_by = read_selectors(config);
  for (std::size_t i = 0; i < plan.slos.size(); ++i) {
    const SloDefinition& slo = plan.slos[i];
    const auto found = seen_.find(slo.id());
    const Seen& seen = found == seen_.end() ? nothing : found->second;
    if (all_read) {
      find_unmatched(slo, seen, findings);
      find_unread(slo, read_by[i], seen, findings);
    }
    find_gauges(slo, seen, findings);
    find_parts(slo, seen, findings);
    check_threshold(slo, seen, findings);
    find_shared(slo, seen, findings);
  }
}

}  // namespace slod
