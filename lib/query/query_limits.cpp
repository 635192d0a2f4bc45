#include "lib/query/query_limits.h"

namespace slod::query {

std::expected<void, Error> QueryLimits::hold(std::size_t samples) {
  if (samples > options_.samples_max || held_ > options_.samples_max - samples) {
    return std::unexpected(
        Error{Error::Kind::too_many_samples,
              "query processing would load too many samples into memory in query execution"});
  }
  held_ += samples;
  return make_room(1);
}

std::expected<void, Error> QueryLimits::make_room(std::size_t bytes) const {
  if (!options_.memory_left || bytes <= options_.memory_left()) return {};
  return std::unexpected(too_much_memory());
}

std::expected<void, Error> QueryLimits::next_series(std::size_t points) {
  points_ += points;
  return ask();
}

std::expected<void, Error> QueryLimits::ask() {
  points_ = 0;
  if (options_.is_cancelled && options_.is_cancelled()) {
    return std::unexpected(
        Error{Error::Kind::stopped, "query was canceled in expression evaluation"});
  }
  return make_room(1);
}

Error too_much_memory() {
  return {Error::Kind::too_much_memory,
          "the query takes more memory than query.query_memory allows; ask for fewer series, a "
          "shorter range or larger steps"};
}

}  // namespace slod::query
