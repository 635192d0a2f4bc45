#include "tests/support/state/state_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/json/text.h"

namespace slod {
namespace {

std::int64_t count(Instant at) {
  return at.time_since_epoch().count();
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

std::string text_of(const std::string& text) {
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
         text_of("mark", remembered.rule_marks) + text_of("incident", remembered.incidents) +
         text_of("forwarded", remembered.forwarded);
}

}  // namespace

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

}  // namespace slod
