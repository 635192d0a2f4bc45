#include "tests/daemon/store/mirror.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "lib/json/text.h"

namespace slod {
namespace {

std::int64_t count(Instant at) {
  return at.time_since_epoch().count();
}

Instant random_day(std::mt19937& random) {
  return Instant(std::chrono::days(random() % 200));
}

/// Any bytes, also none and NUL.
std::string random_bytes(std::mt19937& random) {
  std::string bytes(random() % 30, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

double random_number(std::mt19937& random) {
  return std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 80) - 40);
}

SloChange random_slo(std::mt19937& random) {
  SloChange change;
  change.slo = fmt::format("api/slo-{}", random() % 6);
  change.fingerprint = fmt::format("print-{}", random() % 3);
  change.replaced = random() % 10 == 0;
  change.resolution = Duration(random() % 60000);
  change.state = random_bytes(random);
  for (auto rows = random() % 20; rows > 0; --rows) {
    change.ledger.push_back({.at = random_day(random),
                             .total = random_number(random),
                             .bad = random_number(random),
                             .measured_cs = static_cast<std::uint32_t>(random()),
                             .unknown_cs = static_cast<std::uint32_t>(random())});
  }
  for (auto rows = random() % 5; rows > 0; --rows) {
    std::vector<double> counts(random() % 20);
    std::ranges::generate(counts, [&] { return random_number(random); });
    change.buckets.push_back({.at = random_day(random), .counts = counts});
  }
  const auto written = [](const auto& rows, Instant at) {
    return std::ranges::any_of(rows, [at](const auto& row) { return row.at == at; });
  };
  for (auto rows = random() % 10; rows > 0; --rows) {
    const Instant at = random_day(random);
    if (!written(change.ledger, at)) change.ledger_removed.push_back(at);
    if (!written(change.buckets, at)) change.buckets_removed.push_back(at);
  }
  return change;
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

freeze::Standing random_standing(std::mt19937& random) {
  return {static_cast<freeze::Level>(random() % 3), random_day(random)};
}

std::vector<OpenGap> random_gaps(std::mt19937& random) {
  std::vector<OpenGap> gaps;
  for (auto left = 1 + random() % 3; left > 0; --left) {
    OpenGap gap{.slo = fmt::format("api/slo-{}", random() % 6), .missed = {}};
    Instant begin = random_day(random);
    for (auto times = 1 + random() % 3; times > 0; --times) {
      const Instant end = begin + Duration(random() % 100'000);
      const double share = 1.0 / static_cast<double>(1 + random() % 7);
      gap.missed.push_back({{begin, end}, share});
      begin = end;
    }
    gaps.push_back(std::move(gap));
  }
  return gaps;
}

Remembered random_remembered(std::mt19937& random) {
  const auto key = [&] { return fmt::format("key/{}", random() % 12); };
  const auto is_there = [&] { return random() % 3 > 0; };
  Remembered remembered;
  for (auto left = random() % 3; left > 0; --left) {
    auto& standing = remembered.standings.emplace_back(key(), SloStanding{});
    standing.value->standing = random_standing(random);
    if (is_there()) standing.value->exhausted_at = random_day(random);
    if (!is_there()) standing.value.reset();
    auto& level = remembered.levels.emplace_back(key(), random_standing(random));
    if (!is_there()) level.value.reset();
    auto& gaps = remembered.open_gaps.emplace_back(key(), random_gaps(random));
    if (!is_there()) gaps.value.reset();
    auto& removal = remembered.removals.emplace_back(key(), random_day(random));
    if (!is_there()) removal.value.reset();
    auto& mark = remembered.rule_marks.emplace_back(key(), random_day(random));
    if (!is_there()) mark.value.reset();
  }
  return remembered;
}

std::string text_of(const freeze::Standing& standing) {
  return fmt::format("{} since {}", freeze::to_string(standing.level), count(standing.since));
}

std::string text_of(const SloStanding& slo) {
  return text_of(slo.standing) +
         (slo.exhausted_at ? fmt::format(", exhausted at {}", count(*slo.exhausted_at)) : "");
}

std::string text_of(Instant at) {
  return fmt::to_string(count(at));
}

std::string text_of(const std::vector<OpenGap>& gaps) {
  std::string text;
  for (const OpenGap& gap : gaps) {
    text += gap.slo + ":";
    for (const MissedTime& missed : gap.missed) {
      text += fmt::format(" {} to {} of {}", count(missed.when.begin), count(missed.when.end),
                          missed.share);
    }
  }
  return text;
}

template <typename Value>
std::string text_of(const char* kind, const std::vector<Keyed<Value>>& pieces) {
  std::string text;
  for (const Keyed<Value>& piece : pieces) {
    text += fmt::format("{} {}: {}\n", kind, piece.key,
                        piece.value ? text_of(*piece.value) : std::string("unreadable"));
  }
  return text;
}

std::string text_of(const Remembered& remembered) {
  return text_of("standing", remembered.standings) + text_of("level", remembered.levels) +
         text_of("gaps", remembered.open_gaps) + text_of("removal", remembered.removals) +
         text_of("mark", remembered.rule_marks);
}

}  // namespace

void Mirror::commit(const Changes& changes) {
  for (const std::string& slo : changes.slos_forgotten) slos_.erase(slo);
  for (const SloChange& change : changes.slos) {
    if (change.replaced) slos_.erase(change.slo);
    Slo& slo = slos_[change.slo];
    slo.last = change;
    for (const Instant at : change.ledger_removed) slo.ledger.erase(at);
    for (const Instant at : change.buckets_removed) slo.buckets.erase(at);
    for (const LedgerRow& row : change.ledger) slo.ledger[row.at] = row;
    for (const BucketRow& row : change.buckets) slo.buckets[row.at] = row;
  }
  for (const std::string& source : changes.sources_forgotten) sources_.erase(source);
  for (const SourceChange& change : changes.sources) {
    SourceChange& source = sources_[change.source];
    source.source = change.source;
    source.values = change.values;
    if (change.series || !source.series) source.series = change.series.value_or("");
  }
  for (const EpisodeChange& change : changes.episodes) episodes_[change.key] = change;
  for (const OutboxMessage& message : changes.outbox) {
    const bool known = std::ranges::any_of(
        messages_, [&](const Message& each) { return each.row.message.id == message.id; });
    if (known) continue;
    messages_.push_back(
        {.row = {.message = message, .next_attempt = message.created, .error = {}}});
  }
  for (const VerdictChange& change : changes.verdicts) {
    verdicts_[{change.at, change.service}] = change;
  }
  put(standings_, changes.remembered.standings);
  put(levels_, changes.remembered.levels);
  put(open_gaps_, changes.remembered.open_gaps);
  put(removals_, changes.remembered.removals);
  put(rule_marks_, changes.remembered.rule_marks);
}

void Mirror::update(const OutboxUpdate& update) {
  for (Message& message : messages_) {
    if (message.row.message.id != update.id) continue;
    message.state = update.state;
    message.row.attempts = update.attempts;
    message.row.next_attempt = update.next_attempt;
    message.row.error = update.error;
  }
}

void Mirror::prune(Instant oldest) {
  std::erase_if(messages_, [&](const Message& message) {
    return message.state != OutboxState::pending && message.row.message.created < oldest;
  });
  std::erase_if(episodes_,
                [&](const auto& each) { return !each.second.open && each.second.at < oldest; });
  std::erase_if(verdicts_, [&](const auto& each) { return each.second.at < oldest; });
}

Restored Mirror::load() const {
  Restored restored;
  for (const auto& [name, slo] : slos_) {
    SloChange change = slo.last;
    change.replaced = false;
    change.ledger.clear();
    change.buckets.clear();
    for (const auto& [at, row] : slo.ledger) change.ledger.push_back(row);
    for (const auto& [at, row] : slo.buckets) change.buckets.push_back(row);
    restored.slos.push_back(change);
  }
  for (const auto& [name, source] : sources_) restored.sources.push_back(source);
  for (const auto& [key, episode] : episodes_) {
    if (episode.open) restored.episodes.push_back(episode);
  }
  std::ranges::sort(restored.episodes, {},
                    [](const EpisodeChange& each) { return std::pair(each.at, each.key); });
  restored.remembered = {.standings = pieces_of(standings_),
                         .levels = pieces_of(levels_),
                         .open_gaps = pieces_of(open_gaps_),
                         .removals = pieces_of(removals_),
                         .rule_marks = pieces_of(rule_marks_)};
  return restored;
}

std::vector<OutboxRow> Mirror::pending_messages() const {
  std::vector<OutboxRow> rows;
  for (const Message& message : messages_) {
    if (message.state == OutboxState::pending) rows.push_back(message.row);
  }
  return rows;
}

std::vector<VerdictChange> Mirror::recent_verdicts(std::size_t limit) const {
  std::vector<VerdictChange> verdicts;
  verdicts.reserve(verdicts_.size());
  for (const auto& [key, verdict] : verdicts_) verdicts.push_back(verdict);
  std::ranges::sort(verdicts, {}, [](const VerdictChange& each) {
    return std::pair(-count(each.at), each.service);
  });
  verdicts.resize(std::min(limit, verdicts.size()));
  return verdicts;
}

std::vector<EpisodeChange> Mirror::recent_episodes(std::size_t limit) const {
  std::vector<EpisodeChange> episodes;
  episodes.reserve(episodes_.size());
  for (const auto& [key, episode] : episodes_) episodes.push_back(episode);
  std::ranges::sort(episodes, {},
                    [](const EpisodeChange& each) { return std::pair(-count(each.at), each.key); });
  episodes.resize(std::min(limit, episodes.size()));
  return episodes;
}

std::vector<SentMessage> Mirror::recent_messages(std::size_t limit) const {
  std::vector<SentMessage> recent;
  std::size_t pending = 0;
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    const bool waits = messages_[i].state == OutboxState::pending && pending++ < limit;
    if (waits || i + limit >= messages_.size()) {
      recent.push_back({.row = messages_[i].row, .state = messages_[i].state});
    }
  }
  std::ranges::reverse(recent);
  return recent;
}

std::vector<std::string> Mirror::message_ids() const {
  std::vector<std::string> ids;
  ids.reserve(messages_.size());
  for (const Message& message : messages_) ids.push_back(message.row.message.id);
  return ids;
}

std::string text_of(const Restored& restored) {
  std::string text;
  for (const SloChange& slo : restored.slos) {
    text += fmt::format("slo {:?} {:?} {} {:?}\n", slo.slo, slo.fingerprint, slo.resolution.count(),
                        slo.state);
    for (const LedgerRow& row : slo.ledger) {
      text += fmt::format(" {} {} {} {} {}\n", count(row.at), row.total, row.bad, row.measured_cs,
                          row.unknown_cs);
    }
    for (const BucketRow& row : slo.buckets) {
      text += fmt::format(" {} {}\n", count(row.at), row.counts);
    }
  }
  for (const SourceChange& source : restored.sources) {
    text += fmt::format("source {:?} {:?} {:?}\n", source.source, source.series.value_or("none"),
                        source.values);
  }
  for (const std::string& problem : restored.problems) text += problem + "\n";
  return text + text_of(restored.remembered) + text_of(restored.episodes);
}

std::string text_of(const std::vector<OutboxRow>& rows) {
  std::string text;
  for (const OutboxRow& row : rows) {
    text +=
        fmt::format("message {:?} {:?} {:?} {} {} {} {:?}\n", row.message.id, row.message.receiver,
                    json_text(alert::to_json(row.message.notice)), count(row.message.created),
                    row.attempts, count(row.next_attempt), row.error);
  }
  return text;
}

std::string text_of(const std::vector<SentMessage>& messages) {
  std::string text;
  for (const SentMessage& message : messages) {
    text += fmt::format("{} {}", to_string(message.state), text_of(std::vector{message.row}));
  }
  return text;
}

std::string text_of(const std::vector<VerdictChange>& verdicts) {
  std::string text;
  for (const VerdictChange& verdict : verdicts) {
    text += fmt::format("verdict {} {:?} {:?} {:?} {:?}\n", count(verdict.at), verdict.service,
                        verdict.from, verdict.to, verdict.reason);
  }
  return text;
}

std::string text_of(const std::vector<EpisodeChange>& episodes) {
  std::string text;
  for (const EpisodeChange& episode : episodes) {
    text += fmt::format("episode {:?} {:?} {} {}\n", episode.key, episode.episode, episode.open,
                        count(episode.at));
  }
  return text;
}

alert::Notice random_notice(std::mt19937& random) {
  alert::Notice notice;
  notice.kind = random() % 2 == 0 ? alert::Notice::Kind::firing : alert::Notice::Kind::resolved;
  notice.key = random_bytes(random);
  notice.description = random_bytes(random);
  notice.starts_at = random_day(random);
  if (random() % 2 == 0) notice.ends_at = random_day(random);
  return notice;
}

Changes random_changes(std::mt19937& random) {
  const auto some = [&](unsigned most) { return random() % (most + 1); };
  const auto name = [&](const char* kind) { return fmt::format("{}-{}", kind, random() % 12); };
  Changes changes;
  for (auto left = some(3); left > 0; --left) changes.slos.push_back(random_slo(random));
  if (some(9) == 0) changes.slos_forgotten.push_back(fmt::format("api/slo-{}", some(5)));
  for (auto left = some(2); left > 0; --left) {
    SourceChange change{.source = name("source"), .series = {}, .values = random_bytes(random)};
    if (some(2) == 0) change.series = random_bytes(random);
    changes.sources.push_back(change);
  }
  if (some(9) == 0) changes.sources_forgotten.push_back(name("source"));
  for (auto left = some(2); left > 0; --left) {
    changes.episodes.push_back({.key = name("key"),
                                .episode = random_bytes(random),
                                .open = some(1) == 0,
                                .at = random_day(random)});
  }
  for (auto left = some(2); left > 0; --left) {
    changes.outbox.push_back({.id = fmt::format("message-{}", random() % 300),
                              .receiver = name("receiver"),
                              .notice = random_notice(random),
                              .created = random_day(random)});
  }
  for (auto left = some(1); left > 0; --left) {
    changes.verdicts.push_back({.at = random_day(random),
                                .service = name("service"),
                                .from = "open",
                                .to = "hotfix_only",
                                .reason = random_bytes(random)});
  }
  changes.remembered = random_remembered(random);
  return changes;
}

OutboxUpdate random_update(std::mt19937& random, const std::vector<std::string>& ids) {
  OutboxUpdate update;
  update.id = ids.empty() || random() % 10 == 0 ? "unknown" : ids[random() % ids.size()];
  update.state = static_cast<OutboxState>(random() % 3);
  update.attempts = static_cast<int>(random() % 20);
  update.next_attempt = random_day(random);
  update.error = random_bytes(random);
  return update;
}

}  // namespace slod
