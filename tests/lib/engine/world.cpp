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

World::World(const std::string& yaml, Instant now) {
  start(yaml, now);
}

void World::start(const std::string& yaml, Instant now) {
  sources_.clear();
  delivered_series_.clear();
  engine_ = std::make_unique<Engine>(configured(yaml), tables_.load().value(), now);
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
  problems_ = engine_->take_warnings();
  engine_->step(now);
}

void World::commit() {
  const Changes changes = engine_->take_changes();
  for (const SloChange& change : changes.slos) refuse_what_is_not_finite(change);
  const auto done = tables_.commit(changes);
  EXPECT_TRUE(done) << done.error();
}

void World::restart(const std::string& yaml, Instant now) {
  start(yaml, now);
}

void World::restart_without_counters(const std::string& yaml, Instant now) {
  tables_.sources.clear();
  start(yaml, now);
}

namespace {

/// When any target of each job was read last.
std::map<std::string, Instant> last_reads(const std::map<std::string, ScrapedSource>& sources) {
  std::map<std::string, Instant> last;
  for (const auto& [name, source] : sources) {
    const std::string job(source.book.options().target_labels.get("job"));
    const auto read = source.book.last_batch();
    if (job.empty() || !read) continue;
    const auto known = last.try_emplace(job, *read).first;
    known->second = std::max(known->second, *read);
  }
  return last;
}

}  // namespace

void World::reconfigure(const std::string& yaml, Instant now) {
  engine_->reconfigure(configured(yaml), now);
  std::map<std::string, ScrapedSource> before = std::exchange(sources_, {});
  const std::map<std::string, Instant> read_before = last_reads(before);
  for (const SourcePlan& source : engine_->plan().sources) {
    const auto known = before.find(source.name);
    if (known == before.end()) {
      delivered_series_.erase(source.name);
      ScrapedSource& added =
          sources_.emplace(source.name, ScrapedSource(source.demand, source.options)).first->second;
      const auto read = read_before.find(std::string(source.options.target_labels.get("job")));
      if (read != read_before.end()) added.book.join_job(read->second);
    } else {
      known->second.book.set_demand(source.demand);
      sources_.emplace(source.name, std::move(known->second));
    }
  }
}

namespace {

std::expected<BatchResult, PageError> recorded(ScrapedSource& source, const std::string& text,
                                               Instant when, std::optional<Instant> date) {
  if (!date) return source.record_page(text, when);
  auto batch = source.decode(text, {.sent = when, .received = when, .date = date}, 0);
  if (!batch) return std::unexpected(batch.error());
  return source.record(std::move(*batch), 0);
}

}  // namespace

void World::page(const std::string& source, const std::string& text, Instant when,
                 std::optional<Instant> date) {
  const auto found = sources_.find(source);
  ASSERT_NE(found, sources_.end()) << source;
  const auto result = recorded(found->second, text, when, date);
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

void World::run_jobs(Instant now) {
  for (Job& job : engine_->take_jobs(now)) job.run()(*engine_, now);
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

WindowAnswer World::over(std::string_view service, std::string_view name, Duration window,
                         Instant now) const {
  return engine_->slos()
      .over_window({std::string(service), std::string(name)}, window, now)
      .value()
      .value();
}

}  // namespace slod
