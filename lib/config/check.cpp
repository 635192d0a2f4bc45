#include <fmt/format.h>

#include <algorithm>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

/// What is known of a label before any series is read: the labels that slod sets itself.
std::optional<std::string_view> static_label(const ScrapeJob& job, const std::string& instance,
                                             std::string_view label) {
  if (label == "job") return job.job;
  if (label == "instance") return instance;
  const std::string_view value = job.labels.get(label);
  return value.empty() ? std::nullopt : std::optional(value);
}

bool could_match(const promql::Selector& selector, const ScrapeJob& job) {
  return std::ranges::any_of(job.targets, [&](const HostPort& target) {
    const std::string instance = target.text();
    return std::ranges::all_of(selector.matchers, [&](const promql::Matcher& matcher) {
      const auto value = static_label(job, instance, matcher.label());
      return !value || matcher.accepts(*value);
    });
  });
}

/// The sources that may hold an SLO's series.
struct Feed {
  std::vector<const ScrapeJob*> jobs;
  bool server = false;
  Duration interval{0};  ///< the longest; 0 without a source
};

Feed feed_of(const Config& config, const SloPlaces& places) {
  Feed feed;
  for (const ScrapeJob& job : config.scrape) {
    const bool matches = std::ranges::any_of(
        places.selectors,
        [&job](const WrittenSelector& written) { return could_match(written.selector, job); });
    if (!matches) continue;
    feed.jobs.push_back(&job);
    feed.interval = std::max(feed.interval, job.interval);
  }
  for (const PrometheusServer& server : config.prometheus) {
    feed.server = true;
    feed.interval = std::max(feed.interval, server.interval);
  }
  return feed;
}

void check_sources(const Config& config, const SloDefinition& slo, const SloPlaces& places,
                   const Feed& feed) {
  if (feed.server) {
    if (feed.jobs.empty()) return;
    places.sli.warn(
        fmt::format("expected the events of {} from one source, found the scrape job {} "
                    "and the Prometheus server {}: what both read would count twice",
                    to_text(slo.id()), feed.jobs.front()->job, config.prometheus.front().name));
    return;
  }
  for (const auto& [selector, place] : places.selectors) {
    const bool matches = std::ranges::any_of(
        config.scrape, [&](const ScrapeJob& job) { return could_match(selector, job); });
    if (matches) continue;
    place.warn(
        fmt::format("expected a scrape job or Prometheus server that can have {}, found none",
                    selector.text()));
  }
}

/// Evidence is stale once several readings in a row are missing, not because of one. That of an SLI
/// which is evaluated is as old as the slice.
void check_stale_after(SloDefinition& slo, const SloPlaces& places, const Feed& feed) {
  const bool by_slice = slo.is_evaluated() && *slo.slice() > feed.interval;
  const Duration step = by_slice ? *slo.slice() : feed.interval;
  const Duration least = 4 * step;
  if (slo.stale_after >= least) return;
  if (!places.stale_after_given) {
    slo.stale_after = least;
    return;
  }
  places.stale_after.error(fmt::format(
      "expected stale_after of at least {} (four {} of {}), found {}", format_duration(least),
      by_slice ? "slices" : "intervals", format_duration(step), format_duration(slo.stale_after)));
}

bool takes_the_window(const SloDefinition& slo) {
  return std::ranges::any_of(expressions(slo.sli), [](const Expression* expression) {
    return !expression->windows.empty();
  });
}

void check_slice(const SloDefinition& slo, const SloPlaces& places, const Feed& feed) {
  const auto slice = slo.slice();
  if (!slice) return;
  if (*slice > nominal_length(slo.window)) {
    places.sli.error(fmt::format("expected a slice of at most the window, {}, found {}",
                                 to_text(slo.window), format_duration(*slice)));
  } else if (*slice < feed.interval) {
    places.sli.warn(
        fmt::format("expected a slice of at least the interval, {}, found {}: slices "
                    "without a reading are missing",
                    format_duration(feed.interval), format_duration(*slice)));
  } else if (takes_the_window(slo) && *slice < 4 * feed.interval) {
    places.sli.warn(
        fmt::format("expected a slice of at least {} (four intervals of {}), which is what "
                    "{{{{.window}}}} stands for, found {}: few samples lie in such a range",
                    format_duration(4 * feed.interval), format_duration(feed.interval),
                    format_duration(*slice)));
  }
}

std::string shown(const alert::BurnRateRule& rule) {
  return fmt::format("{} at {} over {} and {}", rule.severity, rule.factor,
                     format_duration(rule.long_window), format_duration(rule.short_window));
}

void warn_of_short_window(const alert::BurnRateRule& rule, bool is_scaled, const SloDefinition& slo,
                          const SloPlaces& places, Duration interval) {
  const std::string scaled =
      is_scaled ? fmt::format(", scaled to the window of {}", to_text(slo.window)) : "";
  places.window.warn(fmt::format(
      "expected the short window of a burn rate to be at least four intervals of {}, found {} for "
      "{} at {} over {}{}: scrape more often, or take a longer window",
      format_duration(interval), format_duration(rule.short_window), rule.severity, rule.factor,
      format_duration(rule.long_window), scaled));
}

void check_alerts(const Alerting& alerting, const SloDefinition& slo, const SloPlaces& places,
                  const Feed& feed) {
  for (const alert::BurnRateRule& rule : alerting.burn_rates) {
    if (alert::reachable(rule, slo.objective)) continue;
    places.objective.warn(
        fmt::format("expected an objective at which every burn rate can be "
                    "reached, found one at which {} never is",
                    shown(rule)));
  }
  // Scaled as if series were read all the time, so as to see what the reading cannot resolve.
  const auto rules =
      alerting.burn_rates_are_default
          ? alert::scaled(alerting.burn_rates, nominal_length(slo.window), Duration(1))
          : alerting.burn_rates;
  const auto shortest = std::ranges::min_element(rules, {}, &alert::BurnRateRule::short_window);
  if (shortest == rules.end() || shortest->short_window >= 4 * feed.interval) return;
  warn_of_short_window(*shortest, alerting.burn_rates_are_default, slo, places, feed.interval);
}

}  // namespace

void check_whole(Draft& draft) {
  Config& config = draft.config;
  if (draft.server_places.size() > 1) {
    draft.server_places[1].warn(fmt::format(
        "expected one Prometheus server, found a second one beside {}: every SLO is read "
        "from each, and what both hold would count twice",
        config.prometheus.front().name));
  }
  for (std::size_t i = 0; i < config.slos.size(); ++i) {
    SloDefinition& slo = config.slos[i];
    const SloPlaces& places = draft.slo_places[i];
    const Feed feed = feed_of(config, places);
    if (draft.sources_are_read) check_sources(config, slo, places, feed);
    check_stale_after(slo, places, feed);
    check_slice(slo, places, feed);
    check_alerts(config.alerting, slo, places, feed);
  }
}

}  // namespace slod::config
