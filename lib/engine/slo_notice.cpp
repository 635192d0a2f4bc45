#include "lib/engine/slo_notice.h"

#include <utility>
#include <vector>

namespace slod {

alert::Notice slo_notice(const SloDefinition& definition, const alert::Episode& episode,
                         std::string_view external_url, Instant now) {
  const bool resolved = episode.state == alert::State::resolved;
  return {.kind = resolved ? alert::Notice::Kind::resolved : alert::Notice::Kind::firing,
          .key = episode.key,
          .service = definition.service,
          .slo = definition.name,
          .severity = episode.severity,
          .owner = definition.owner,
          .runbook = definition.runbook,
          .external_url = std::string(external_url),
          .description = definition.description,
          .window = to_text(definition.window),
          .objective = definition.objective,
          .starts_at = episode.since,
          .ends_at = episode.resolved_at,
          .sent_at = now,
          .facts = episode.facts};
}

Labels labels_of(const boost::json::object& texts) {
  std::vector<Labels::Pair> pairs;
  for (const auto& [name, text] : texts) pairs.emplace_back(name, text.as_string());
  return Labels(std::move(pairs));
}

}  // namespace slod
