#include "tests/lib/engine/world.h"

#include <fmt/format.h>

#include <cmath>

namespace slod {
namespace {

void refuse_what_is_not_finite(const SloChange& change) {
  for (const LedgerRow& row : change.ledger) {
    EXPECT_TRUE(std::isfinite(row.total) && std::isfinite(row.bad)) << change.slo;
  }
  for (const BucketRow& row : change.buckets) {
    for (const double count : row.counts) EXPECT_TRUE(std::isfinite(count)) << change.slo;
  }
}

/// What is remembered replaces what was; nullopt removes it.
template <typename Value>
void put(std::map<std::string, Value>& rows, const std::vector<Keyed<Value>>& pieces) {
  for (const Keyed<Value>& piece : pieces) {
    rows.erase(piece.key);
    if (piece.value) rows.emplace(piece.key, *piece.value);
  }
}

template <typename Value>
std::vector<Keyed<Value>> pieces_of(const std::map<std::string, Value>& rows) {
  std::vector<Keyed<Value>> pieces;
  for (const auto& [key, value] : rows) pieces.push_back({key, value});
  return pieces;
}

}  // namespace

Instant at(double second) {
  static const Instant start = parse_instant("2026-01-01T00:00:00Z").value();
  return start + duration_from_seconds(second);
}

config::Config configured(const std::string& yaml) {
  const config::SourceText source{"slod.yaml", yaml};
  const config::Files files{[](const std::string&) -> std::expected<std::string, std::string> {
    return "0123456789abcdef0123456789abcdef";
  }};
  config::LoadResult result = config::load({&source, 1}, files);
  for (const config::Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.severity == config::Severity::error) {
      ADD_FAILURE() << config::to_text(diagnostic);
    }
  }
  return std::move(result.config).value();
}

std::string requests_page(double good, double bad) {
  return fmt::format("requests{{code=\"200\"}} {}\nrequests{{code=\"500\"}} {}\n", good, bad);
}

std::optional<std::string> load_page(std::optional<double> load) {
  if (!load) return std::nullopt;
  return fmt::format("load {}\n", *load);
}

void Tables::apply(const SloChange& change) {
  refuse_what_is_not_finite(change);
  if (change.replaced) slos_.erase(change.slo);
  Slo& slo = slos_[change.slo];
  slo.head = {.slo = change.slo,
              .fingerprint = change.fingerprint,
              .replaced = false,
              .resolution = change.resolution,
              .state = change.state,
              .ledger = {},
              .ledger_removed = {},
              .buckets = {},
              .buckets_removed = {}};
  for (const Instant gone : change.ledger_removed) slo.ledger.erase(gone);
  for (const Instant gone : change.buckets_removed) slo.buckets.erase(gone);
  for (const LedgerRow& row : change.ledger) slo.ledger[row.at] = row;
  for (const BucketRow& row : change.buckets) slo.buckets[row.at] = row;
}

void Tables::apply(const Changes& changes) {
  for (const std::string& id : changes.slos_forgotten) slos_.erase(id);
  for (const SloChange& change : changes.slos) apply(change);
  for (const std::string& name : changes.sources_forgotten) sources.erase(name);
  for (const SourceChange& change : changes.sources) {
    SourceChange& row = sources[change.source];
    row.source = change.source;
    if (change.series) row.series = change.series;
    row.values = change.values;
  }
  for (const EpisodeChange& change : changes.episodes) episodes[change.key] = change;
  for (const OutboxMessage& message : changes.outbox) ++messages[message.id];
  verdicts.insert(verdicts.end(), changes.verdicts.begin(), changes.verdicts.end());
  put(standings_, changes.remembered.standings);
  put(levels_, changes.remembered.levels);
  put(open_gaps_, changes.remembered.open_gaps);
  put(removals_, changes.remembered.removals);
  put(rule_marks_, changes.remembered.rule_marks);
}

Restored Tables::restored() const {
  Restored restored;
  for (const auto& [id, slo] : slos_) {
    SloChange& change = restored.slos.emplace_back(slo.head);
    for (const auto& [when, row] : slo.ledger) change.ledger.push_back(row);
    for (const auto& [when, row] : slo.buckets) change.buckets.push_back(row);
  }
  for (const auto& [name, source] : sources) restored.sources.push_back(source);
  for (const auto& [key, episode] : episodes) {
    if (episode.open) restored.episodes.push_back(episode);
  }
  restored.remembered = {.standings = pieces_of(standings_),
                         .levels = pieces_of(levels_),
                         .open_gaps = pieces_of(open_gaps_),
                         .removals = pieces_of(removals_),
                         .rule_marks = pieces_of(rule_marks_)};
  return restored;
}

World::World(const std::string& yaml, Instant now) {
  start(yaml, now);
}

void World::start(const std::string& yaml, Instant now) {
  sources_.clear();
  delivered_series_.clear();
  engine_ = std::make_unique<Engine>(configured(yaml), tables_.restored(), now);
  for (const SourcePlan& source : engine_->plan().sources) {
    SeriesBook& book = sources_.emplace(source.name, ScrapedSource(source.demand, source.options))
                           .first->second.book;
    const SourceChange* stored = engine_->restored_source(source.name);
    if (!stored) continue;
    const auto restored = book.restore(stored->series.value_or(""), stored->values);
    EXPECT_TRUE(restored) << source.name << ": " << restored.error();
    delivered_series_[source.name] = book.series_version();
    engine_->restore(source.name, book);
  }
  engine_->forget_restored();
  problems_ = engine_->take_problems();
  engine_->step(now);
}

void World::restart(const std::string& yaml, Instant now) {
  start(yaml, now);
}

void World::restart_without_counters(const std::string& yaml, Instant now) {
  tables_.sources.clear();
  start(yaml, now);
}

void World::reconfigure(const std::string& yaml, Instant now) {
  engine_->reconfigure(configured(yaml), now);
  std::map<std::string, ScrapedSource> before = std::exchange(sources_, {});
  for (const SourcePlan& source : engine_->plan().sources) {
    const auto known = before.find(source.name);
    if (known == before.end()) {
      delivered_series_.erase(source.name);
      sources_.emplace(source.name, ScrapedSource(source.demand, source.options));
    } else {
      known->second.book.set_demand(source.demand);
      sources_.emplace(source.name, std::move(known->second));
    }
  }
}

void World::page(const std::string& source, const std::string& text, Instant when) {
  const auto found = sources_.find(source);
  ASSERT_NE(found, sources_.end()) << source;
  const auto result = found->second.record_page(text, when);
  ASSERT_TRUE(result) << result.error().message;
  const SeriesBook& book = found->second.book;
  SourceChange change{.source = source, .series = {}, .values = book.values_bytes()};
  const auto delivered = delivered_series_.find(source);
  if (delivered == delivered_series_.end() || delivered->second != book.series_version()) {
    change.series = book.series_bytes();
  }
  delivered_series_[source] = book.series_version();
  engine_->record_scrape(source, book, *result, {.at = when, .took = {}}, std::move(change));
}

void World::fail(const std::string& source, Instant when) {
  engine_->record_failure(source, source + " cannot be read: connection refused",
                          {.at = when, .took = {}});
}

void World::work(Instant now) {
  for (Work& work : engine_->take_work(now)) work.run()(*engine_, now);
}

const SloSnapshot& World::slo(std::string_view service, std::string_view name) const {
  const SloSnapshot* found = engine_->snapshot()->slo(service, name);
  if (!found) throw std::runtime_error(fmt::format("no SLO {}/{}", service, name));
  return *found;
}

freeze::Verdict World::verdict(std::string_view service, freeze::Change change) const {
  const auto snapshot = engine_->snapshot();
  const ServiceSnapshot* found = snapshot->service(service);
  if (!found) throw std::runtime_error(fmt::format("no service {}", service));
  return freeze::verdict(found->name, change, found->evidence, snapshot->policy, found->since,
                         snapshot->at);
}

Engine::WindowAnswer World::over(std::string_view service, std::string_view name, Duration window,
                                 Instant now) const {
  return engine_->over_window(service, name, window, now).value().value();
}

}  // namespace slod
