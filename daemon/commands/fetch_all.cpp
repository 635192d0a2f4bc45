#include "daemon/commands/fetch_all.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "daemon/net/client.h"

namespace slod {

std::vector<std::expected<Reply, FetchError>> fetch_all(std::vector<Fetch> requests) {
  boost::asio::io_context loop(1);
  Resolver resolver(loop);
  Pool pool(1);
  Client client(resolver, pool);
  const FetchError unanswered{FetchError::Kind::cancelled, "the request was not made"};
  std::vector<std::expected<Reply, FetchError>> answers(requests.size(),
                                                        std::unexpected(unanswered));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    boost::asio::co_spawn(
        loop, client.fetch(std::move(requests[i])),
        [&answers, i](const std::exception_ptr& problem, std::expected<Reply, FetchError> answer) {
          if (problem) std::rethrow_exception(problem);
          answers[i] = std::move(answer);
        });
  }
  loop.run();
  return answers;
}

}  // namespace slod
