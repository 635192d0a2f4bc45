#include "tests/support/state/random_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slod {
namespace {

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
    auto& incident = remembered.incidents.emplace_back(key(), key());
    if (!is_there()) incident.value.reset();
    auto& forwarded = remembered.forwarded.emplace_back(key(), key());
    if (!is_there()) forwarded.value.reset();
  }
  return remembered;
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

}  // namespace

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
