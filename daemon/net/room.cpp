#include "daemon/net/room.h"

#include <algorithm>
#include <cstdint>

namespace slod {
namespace {

namespace ip = boost::asio::ip;

/// Whether `a` goes before `b`.
bool goes_before(const Occupant& a, const Occupant& b) {
  if (a.client->connections != b.client->connections) {
    return a.client->connections > b.client->connections;
  }
  return a.waits_since < b.waits_since;
}

/// Which occupant gives way; with `client` one of its own.
std::optional<std::size_t> chosen(std::span<const Occupant> occupants, const ClientShare* client) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < occupants.size(); ++i) {
    if (!occupants[i].gives_way || (client != nullptr && occupants[i].client != client)) continue;
    if (!best || goes_before(occupants[i], occupants[*best])) best = i;
  }
  return best;
}

}  // namespace

ip::address client_of(const ip::address& address) {
  if (address.is_v4()) return address;
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  ip::address_v6::bytes_type bytes = v6.to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), std::uint8_t(0));
  return ip::address_v6(bytes);
}

Room room_for(const ClientShare* client, std::span<const Occupant> occupants,
              const RoomLimits& limits) {
  const bool has_its_share = client != nullptr && client->connections >= limits.per_client_max;
  if (occupants.size() < limits.connections_max && !has_its_share) return {};
  const auto goes = chosen(occupants, has_its_share ? client : nullptr);
  const std::size_t left = occupants.size() - (goes ? 1 : 0);
  if (goes && left < limits.connections_max) return {Place::regular, goes};
  if (left < limits.connections_max + limits.spare) return {Place::spare, goes};
  return {Place::none, std::nullopt};
}

std::optional<std::size_t> longest_waiting(std::span<const Occupant> occupants) {
  return chosen(occupants, nullptr);
}

}  // namespace slod
