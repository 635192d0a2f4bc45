#include "tests/support/state/memory_database.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/series/state_bytes.h"
#include "lib/series/stored_samples.h"

namespace slod {
namespace {

std::int64_t count(Instant at) {
  return at.time_since_epoch().count();
}

template <typename Value>
void put_pieces(std::map<std::string, Value>& rows, const std::vector<Keyed<Value>>& pieces) {
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

/// The first of these that is not a number, as a sentence; empty where each is one.
std::string refused(const Changes& changes) {
  for (const SloChange& change : changes.slos) {
    for (const LedgerRow& row : change.ledger) {
      if (std::isnan(row.total) || std::isnan(row.bad)) {
        return change.slo + " has a row in its ledger that is not a number";
      }
    }
  }
  return {};
}

template <typename Value, typename Order>
std::vector<Value> first_of(std::vector<Value> values, std::size_t limit, Order order) {
  std::ranges::sort(values, {}, order);
  values.resize(std::min(limit, values.size()));
  return values;
}

}  // namespace

std::expected<Restored, std::string> MemoryDatabase::load() {
  Restored restored;
  for (const auto& [name, slo] : slos) {
    SloChange& change = restored.slos.emplace_back(slo.last);
    for (const auto& [at, row] : slo.ledger) change.ledger.push_back(row);
    for (const auto& [at, row] : slo.buckets) change.buckets.push_back(row);
  }
  for (const auto& [name, source] : sources) restored.sources.push_back(source);
  for (const auto& [key, episode] : episodes) {
    if (episode.open) restored.episodes.push_back(episode);
  }
  std::ranges::sort(restored.episodes, {},
                    [](const EpisodeChange& each) { return std::pair(each.at, each.key); });
  restored.remembered = {.standings = pieces_of(standings),
                         .levels = pieces_of(levels),
                         .open_gaps = pieces_of(open_gaps),
                         .removals = pieces_of(removals),
                         .rule_marks = pieces_of(rule_marks),
                         .incidents = pieces_of(incidents),
                         .forwarded = pieces_of(forwarded)};
  return restored;
}

std::expected<std::vector<OutboxRow>, std::string> MemoryDatabase::pending_messages() {
  std::vector<OutboxRow> rows;
  for (const SentMessage& message : outbox) {
    if (message.state == OutboxState::pending) rows.push_back(message.row);
  }
  return rows;
}

std::vector<std::string> MemoryDatabase::message_ids() const {
  std::vector<std::string> ids;
  ids.reserve(outbox.size());
  for (const SentMessage& message : outbox) ids.push_back(message.row.message.id);
  return ids;
}

void MemoryDatabase::put(const SloChange& change) {
  if (change.replaced) slos.erase(change.slo);
  Slo& slo = slos[change.slo];
  slo.last = {.slo = change.slo,
              .fingerprint = change.fingerprint,
              .replaced = false,
              .resolution = change.resolution,
              .state = change.state,
              .ledger = {},
              .ledger_removed = {},
              .buckets = {},
              .buckets_removed = {}};
  for (const Instant at : change.ledger_removed) slo.ledger.erase(at);
  for (const Instant at : change.buckets_removed) slo.buckets.erase(at);
  for (const LedgerRow& row : change.ledger) slo.ledger[row.at] = row;
  for (const BucketRow& row : change.buckets) slo.buckets[row.at] = row;
}

void MemoryDatabase::put(const SourceChange& change) {
  SourceChange& source = sources[change.source];
  source.source = change.source;
  source.values = change.values;
  if (change.series || !source.series) source.series = change.series.value_or("");
}

void MemoryDatabase::put(const OutboxMessage& message) {
  ++messages[message.id];
  const bool is_known = std::ranges::any_of(
      outbox, [&](const SentMessage& each) { return each.row.message.id == message.id; });
  if (is_known) return;
  outbox.push_back(
      {.row = {.message = message, .attempts = 0, .next_attempt = message.created, .error = {}},
       .state = OutboxState::pending});
}

void MemoryDatabase::put(const VerdictChange& change) {
  const auto known = std::ranges::find_if(verdicts, [&](const VerdictChange& each) {
    return each.at == change.at && each.service == change.service;
  });
  if (known == verdicts.end()) {
    verdicts.push_back(change);
  } else {
    *known = change;
  }
}

std::expected<void, std::string> MemoryDatabase::commit(const Changes& changes) {
  if (std::string why = refused(changes); !why.empty()) return std::unexpected(std::move(why));
  for (const std::string& slo : changes.slos_forgotten) slos.erase(slo);
  for (const SloChange& change : changes.slos) put(change);
  for (const std::string& source : changes.sources_forgotten) sources.erase(source);
  for (const SourceChange& change : changes.sources) put(change);
  for (const EpisodeChange& change : changes.episodes) episodes[change.key] = change;
  for (const OutboxMessage& message : changes.outbox) put(message);
  for (const VerdictChange& change : changes.verdicts) put(change);
  put_pieces(standings, changes.remembered.standings);
  put_pieces(levels, changes.remembered.levels);
  put_pieces(open_gaps, changes.remembered.open_gaps);
  put_pieces(removals, changes.remembered.removals);
  put_pieces(rule_marks, changes.remembered.rule_marks);
  put_pieces(incidents, changes.remembered.incidents);
  put_pieces(forwarded, changes.remembered.forwarded);
  return {};
}

std::expected<void, std::string> MemoryDatabase::update(std::span<const OutboxUpdate> updates) {
  for (const OutboxUpdate& update : updates) {
    for (SentMessage& message : outbox) {
      if (message.row.message.id != update.id) continue;
      message.state = update.state;
      message.row.attempts = update.attempts;
      message.row.next_attempt = update.next_attempt;
      message.row.error = update.error;
    }
  }
  return {};
}

std::expected<void, std::string> MemoryDatabase::prune(Instant now) {
  const Instant oldest = now - event_retention;
  std::erase_if(outbox, [&](const SentMessage& message) {
    return message.state != OutboxState::pending && message.row.message.created < oldest;
  });
  std::erase_if(episodes,
                [&](const auto& each) { return !each.second.open && each.second.at < oldest; });
  std::erase_if(verdicts, [&](const VerdictChange& each) { return each.at < oldest; });
  return {};
}

std::expected<std::vector<VerdictChange>, std::string> MemoryDatabase::recent_verdicts(
    std::size_t limit) {
  return first_of(verdicts, limit, [](const VerdictChange& each) {
    return std::pair(-count(each.at), each.service);
  });
}

std::expected<std::vector<EpisodeChange>, std::string> MemoryDatabase::recent_episodes(
    std::size_t limit) {
  std::vector<EpisodeChange> all;
  all.reserve(episodes.size());
  for (const auto& [key, episode] : episodes) all.push_back(episode);
  return first_of(std::move(all), limit,
                  [](const EpisodeChange& each) { return std::pair(-count(each.at), each.key); });
}

std::expected<std::vector<SentMessage>, std::string> MemoryDatabase::recent_messages(
    std::size_t limit) {
  std::vector<SentMessage> recent;
  std::size_t pending = 0;
  for (std::size_t i = 0; i < outbox.size(); ++i) {
    const bool waits = outbox[i].state == OutboxState::pending && pending++ < limit;
    if (waits || i + limit >= outbox.size()) recent.push_back(outbox[i]);
  }
  std::ranges::reverse(recent);
  return recent;
}

std::expected<void, std::string> MemoryDatabase::append(std::span<const HistoryChange> history) {
  for (const HistoryChange& change : history) {
    if (change.points.empty()) continue;
    Series& series = history_[change.series];
    if (series.id == 0) series.id = ++last_series_;
    for (const HistoryPoint& point : change.points) {
      const std::int64_t day = history_day(point.at);
      auto& chunk = series.days[day];
      if (!chunk) chunk = std::make_unique<SampleChunk>();
      if (chunk->empty() || point.at > chunk->last()) chunk->append(point.at, point.value);
      series.last_day = std::max(series.last_day, day);
    }
    std::erase_if(series.days,
                  [&](const auto& day) { return day.first < series.last_day - history_days_kept; });
  }
  return {};
}

std::expected<void, std::string> MemoryDatabase::remove_history_after(Instant now) {
  for (auto& [key, series] : history_) {
    std::map<std::int64_t, std::unique_ptr<SampleChunk>> kept;
    for (const auto& [day, chunk] : series.days) {
      std::vector<Instant> times;
      std::vector<double> values;
      chunk->read({Instant::min(), now}, times, values);
      if (times.empty()) continue;
      kept[day] = std::make_unique<SampleChunk>();
      for (std::size_t i = 0; i < times.size(); ++i) kept[day]->append(times[i], values[i]);
    }
    series.days = std::move(kept);
    series.last_day = std::min(series.last_day, history_day(now));
  }
  return {};
}

std::expected<void, std::string> MemoryDatabase::prune_history(Instant now) {
  const std::int64_t oldest = history_day(now) - history_days_kept;
  for (auto& [key, series] : history_) {
    std::erase_if(series.days, [&](const auto& day) { return day.first < oldest; });
  }
  std::erase_if(history_, [](const auto& series) { return series.second.days.empty(); });
  return {};
}

std::expected<std::vector<HistorySeries>, std::string> MemoryDatabase::history_series(
    std::string_view metric, std::int64_t since) {
  std::string prefix;
  if (!metric.empty()) put_text(prefix, metric);
  std::vector<HistorySeries> found;
  for (const auto& [key, series] : history_) {
    if (key.starts_with(prefix) && series.last_day >= since) found.push_back({series.id, key});
  }
  return found;
}

std::expected<std::vector<HistoryRow>, std::string> MemoryDatabase::history_rows(
    std::span<const std::int64_t> series, std::int64_t first, std::int64_t last) {
  std::vector<HistoryRow> rows;
  for (const std::int64_t id : series) {
    for (const auto& [key, each] : history_) {
      if (each.id != id) continue;
      for (const auto& [day, chunk] : each.days) {
        if (day >= first && day <= last) rows.push_back({id, stored_bytes(*chunk)});
      }
    }
  }
  return rows;
}

}  // namespace slod
