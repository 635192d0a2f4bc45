#include "lib/delivery/incidents.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/hash/fnv.h"

namespace slod {
namespace {

using alert::Notice;

constexpr const char* everything = "*";

/// What alerts of one incident have in common; no service and no rule is called `everything`.
std::string scope_of(const Notice& notice) {
  return notice.rule ? fmt::format("rule {}/{}", notice.service, notice.rule->name)
                     : fmt::format("slos {}", notice.service);
}

/// Those that never share an incident with others.
std::string whom(const OutboxMessage& message) {
  return fmt::format("{}/{}", message.receiver, message.notice.is_page() ? "page" : "other");
}

std::string incident_key(const std::string& whom, const std::string& scope, Instant now) {
  const unsigned char separator = 0;
  Fnv1a hash;
  hash.add("incident").add(separator).add(whom).add(separator).add(scope).add(separator);
  hash.add(fmt::format("{}", now.time_since_epoch().count()));
  return "slod-" + hash.hex();
}

}  // namespace

std::string place_of(const std::string& receiver, const Notice& notice) {
  return fmt::format("{}/{}", receiver, notice.key);
}

void Incidents::restore(const std::vector<Keyed<std::string>>& pieces) {
  for (const Keyed<std::string>& piece : pieces) {
    if (!piece.value) continue;
    incident_of_.insert_or_assign(piece.key, *piece.value);
    ++alerts_in_[*piece.value];
  }
}

void Incidents::begin(const OutboxMessage& message) {
  if (message.notice.incident.empty()) return;
  if (!incident_of_.emplace(place_of(message.receiver, message.notice), message.notice.incident)
           .second)
    return;
  ++alerts_in_[message.notice.incident];
}

void Incidents::end(OutboxMessage& message) {
  const auto found = incident_of_.find(place_of(message.receiver, message.notice));
  if (found == incident_of_.end()) return;
  const auto alerts = alerts_in_.find(found->second);
  message.notice.incident = found->second;
  message.notice.incident_goes_on = --alerts->second > 0;
  if (alerts->second == 0) alerts_in_.erase(alerts);
  incident_of_.erase(found);
}

void Incidents::assign(std::vector<OutboxMessage>& messages, const PaceOf& pace_of, Instant now) {
  std::map<std::string, Firing> firing;
  std::map<std::string, bool> grows;
  for (OutboxMessage& message : messages) {
    const alert::Pace pace = pace_of(message.receiver);
    if (!pace.by_incident || message.notice.kind != Notice::Kind::firing) continue;
    firing[whom(message)][scope_of(message.notice)].push_back(&message);
    grows[whom(message)] = pace.incident_grows;
  }
  for (const auto& [name, by_scope] : firing) assign(name, by_scope, grows[name], now);
  for (OutboxMessage& message : messages) {
    if (message.notice.kind == Notice::Kind::firing) {
      begin(message);
    } else {
      end(message);
    }
  }
}

void Incidents::assign(const std::string& whom, const Firing& firing, bool grows, Instant now) {
  std::map<std::string, Burst>& bursts = bursts_[whom];
  std::erase_if(bursts, [&](const auto& entry) {
    return !grows || now - entry.second.since >= window || entry.second.since > now;
  });
  const auto burst_of = [&](const std::string& scope) -> Burst& {
    return bursts.try_emplace(scope, Burst{.since = now}).first->second;
  };
  for (const auto& [scope, messages] : firing) burst_of(scope).alerts += messages.size();
  const bool are_too_many = bursts.size() > scopes_max;
  for (const auto& [scope, messages] : firing) {
    Burst& burst = burst_of(scope);
    if (burst.alerts <= few && !are_too_many) continue;
    const bool is_of_all = are_too_many && burst.incident.empty();
    Burst& shared = is_of_all ? burst_of(everything) : burst;
    if (shared.incident.empty()) {
      shared.incident = incident_key(whom, is_of_all ? everything : scope, now);
    }
    for (OutboxMessage* message : messages) message->notice.incident = shared.incident;
  }
}

}  // namespace slod
