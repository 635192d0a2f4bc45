#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

namespace slod {

/// Whom a limit for one client counts as one: an IPv4 address, or a network of IPv6 (/64), which is
/// what one client has.
boost::asio::ip::address client_of(const boost::asio::ip::address& address);

/// What one client has of the room.
struct ClientShare {
  std::size_t connections = 0;  ///< that are open
};

/// An open connection, as one that wants in sees it.
struct Occupant {
  const ClientShare* client = nullptr;
  /// It waits for bytes of its client: it has said nothing yet, is between requests or within one
  /// that is not complete.
  bool gives_way = false;
  std::chrono::steady_clock::time_point waits_since;
};

struct RoomLimits {
  std::size_t connections_max;
  std::size_t per_client_max;
  std::size_t spare;  ///< beyond connections_max, for routes that always have room
};

enum class Place {
  regular,
  spare,  ///< for one request to a route that always has room
  none,
};

struct Room {
  Place place = Place::regular;
  std::optional<std::size_t> gives_way = std::nullopt;  ///< which occupant is to be closed
};

/// Where there is room for a connection of `client` (null: it has none yet). Of the client that has
/// as many connections as one may, its own give way; where all places are taken, those of the
/// client that has the most. Of these the one goes that has waited longest.
Room room_for(const ClientShare* client, std::span<const Occupant> occupants,
              const RoomLimits& limits);

/// Which occupant gives way to whoever needs its place; nullopt: none does.
std::optional<std::size_t> longest_waiting(std::span<const Occupant> occupants);

}  // namespace slod
