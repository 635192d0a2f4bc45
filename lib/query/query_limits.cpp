#include "lib/query/query_limits.h"

namespace slod::query {

std::expected<void, Error> QueryLimits::hold(std::size_t samples) {
  if (samples > options_.samples_max || held_ > options_.samples_max - samples) {
    return std::unexpected(
        Error{Error::Kind::too_many_samples,
              "query processing would load too many samples into memory in query execution"});
  }
  held_ += samples;
  return {};
}

std::expected<void, Error> QueryLimits::next_series(std::size_t points) {
  points_ += points;
  return ask();
}

std::expected<void, Error> QueryLimits::ask() {
  points_ = 0;
  if (!options_.is_cancelled || !options_.is_cancelled()) return {};
  return std::unexpected(
      Error{Error::Kind::stopped, "query was canceled in expression evaluation"});
}

}  // namespace slod::query
