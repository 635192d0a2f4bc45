#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <string>
#include <utility>

#include "daemon/net/client.h"
#include "daemon/net/pool.h"
#include "daemon/net/resolver.h"

namespace slod {

/// A client with all it needs, for tests that make one request after the other.
class Fetching {
 public:
  using Outcome = std::expected<Reply, FetchError>;

  Fetching() : Fetching(system_lookup) {}
  explicit Fetching(Resolver::Lookup lookup) : resolver(loop, {}, std::move(lookup)) {}

  Outcome fetch(Fetch request) {
    auto outcome =
        boost::asio::co_spawn(loop, client.fetch(std::move(request)), boost::asio::use_future);
    loop.restart();
    loop.run();
    return outcome.get();
  }
  Outcome get(std::string url) { return fetch({.url = std::move(url)}); }

  boost::asio::io_context loop{1};
  Resolver resolver;
  Pool pool{1};
  Client client{resolver, pool};
};

}  // namespace slod
