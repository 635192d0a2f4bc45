#include "daemon/net/server_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/net/connection.h"
#include "daemon/net/response_text.h"

namespace slod {
namespace {

/// How often it is said that connections had to give way.
constexpr std::chrono::minutes gave_way_pause{1};

std::vector<Occupant> occupants_of(std::span<Connection* const> connections) {
  std::vector<Occupant> occupants;
  occupants.reserve(connections.size());
  for (const Connection* connection : connections) {
    occupants.push_back({.client = &connection->client(),
                         .gives_way = connection->gives_way(),
                         .waits_since = connection->waits_since()});
  }
  return occupants;
}

}  // namespace

const std::string& ServerState::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = http_date(now);
  }
  return date_;
}

std::vector<Connection*> ServerState::open_connections() const {
  std::vector<Connection*> open;
  open.reserve(connections.size());
  std::ranges::copy_if(connections, std::back_inserter(open),
                       [](const Connection* connection) { return connection->is_open(); });
  return open;
}

Place ServerState::make_room(const boost::asio::ip::address& client) {
  if (connections.size() < std::min(limits.connections_max, limits.per_client_max)) {
    return Place::regular;
  }
  const std::vector<Connection*> open = open_connections();
  const std::vector<Occupant> occupants = occupants_of(open);
  const auto known = clients.find(client);
  const ClientShare* share = known == clients.end() ? nullptr : &known->second;
  const Room room = room_for(share, occupants,
                             {.connections_max = limits.connections_max,
                              .per_client_max = limits.per_client_max,
                              .spare = limits.spare_connections});
  if (room.gives_way) give_way(*open[*room.gives_way]);
  return room.place;
}

bool ServerState::close_one() {
  const std::vector<Connection*> open = open_connections();
  const auto goes = longest_waiting(occupants_of(open));
  if (goes) give_way(*open[*goes]);
  return goes.has_value();
}

bool ServerState::make_room_for_bodies(const Connection& own) {
  while (body_bytes > limits.all_bodies_bytes_max) {
    Connection* oldest = nullptr;
    for (Connection* connection : open_connections()) {
      const bool may_go = connection->gives_way() && connection->held_bytes() > 0;
      if (connection == &own || !may_go) continue;
      if (!oldest || connection->waits_since() < oldest->waits_since()) oldest = connection;
    }
    if (!oldest) return false;
    give_way(*oldest);
  }
  return true;
}

void ServerState::give_way(Connection& connection) {
  connection.close();
  ++gave_way_;
  const auto now = std::chrono::steady_clock::now();
  const bool was_reported = gave_way_reported_ != std::chrono::steady_clock::time_point();
  if (was_reported && now - gave_way_reported_ < gave_way_pause) return;
  gave_way_reported_ = now;
  report(fmt::format(
      "no room for all connections and what they send: those that wait longest for their client "
      "are closed for others; so far {}",
      gave_way_));
}

}  // namespace slod
