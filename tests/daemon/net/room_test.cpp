#include "daemon/net/room.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace slod {
namespace {

namespace ip = boost::asio::ip;

ip::address address(const std::string& text) {
  return client_of(ip::make_address(text));
}

/// A connection of a client that has waited for so many seconds; 0: it does not wait.
struct Of {
  std::size_t client;
  int waited_seconds;
};

struct Found {
  Place place;
  int gives_way;  ///< -1: none

  bool operator==(const Found&) const = default;
};

/// For client 1, with room for four, three for each client and one spare.
Found found(std::initializer_list<Of> connections) {
  std::vector<ClientShare> clients(10);
  std::vector<Occupant> occupants;
  const auto begin = std::chrono::steady_clock::time_point(std::chrono::hours(1));
  for (const Of& connection : connections) {
    ++clients[connection.client].connections;
    occupants.push_back({.client = &clients[connection.client],
                         .gives_way = connection.waited_seconds > 0,
                         .waits_since = begin - std::chrono::seconds(connection.waited_seconds)});
  }
  const Room room =
      room_for(&clients[1], occupants, {.connections_max = 4, .per_client_max = 3, .spare = 1});
  return {room.place, room.gives_way ? static_cast<int>(*room.gives_way) : -1};
}

TEST(Room, IsThereUntilTheLimit) {
  EXPECT_EQ(found({}), (Found{Place::regular, -1}));
  EXPECT_EQ(found({Of{2, 9}, Of{2, 0}, Of{1, 9}}), (Found{Place::regular, -1}));
}

TEST(Room, IsMadeByWhoHasWaitedLongest) {
  EXPECT_EQ(found({Of{2, 3}, Of{3, 9}, Of{4, 5}, Of{5, 0}}), (Found{Place::regular, 1}));
}

TEST(Room, IsMadeByTheClientThatHasTheMost) {
  EXPECT_EQ(found({Of{3, 9}, Of{2, 3}, Of{2, 5}, Of{2, 0}}), (Found{Place::regular, 2}));
  EXPECT_EQ(found({Of{3, 9}, Of{2, 0}, Of{2, 0}, Of{2, 0}}), (Found{Place::regular, 0}));
}

TEST(Room, OfAClientIsMadeByItself) {
  EXPECT_EQ(found({Of{1, 3}, Of{1, 5}, Of{1, 0}}), (Found{Place::regular, 1}));
  EXPECT_EQ(found({Of{1, 3}, Of{1, 5}, Of{1, 0}, Of{2, 9}}), (Found{Place::regular, 1}));
}

TEST(Room, IsSpareWhereNobodyWaits) {
  EXPECT_EQ(found({Of{2, 0}, Of{2, 0}, Of{2, 0}, Of{3, 0}}), (Found{Place::spare, -1}));
  EXPECT_EQ(found({Of{1, 0}, Of{1, 0}, Of{1, 0}}), (Found{Place::spare, -1}));
  EXPECT_EQ(found({Of{2, 0}, Of{2, 0}, Of{2, 0}, Of{3, 0}, Of{3, 0}}), (Found{Place::none, -1}));
  EXPECT_EQ(found({Of{2, 0}, Of{2, 0}, Of{2, 0}, Of{3, 0}, Of{3, 1}}), (Found{Place::spare, 4}));
}

TEST(Room, CountsANetworkOfIpv6AsOneClient) {
  EXPECT_EQ(address("2001:db8:1:2:3:4:5:6"), address("2001:db8:1:2:ffff::1"));
  EXPECT_NE(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
  EXPECT_EQ(address("::ffff:10.0.0.1"), address("10.0.0.1"));
  EXPECT_NE(address("10.0.0.1"), address("10.0.0.2"));
}

}  // namespace
}  // namespace slod
