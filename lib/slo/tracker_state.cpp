#include "lib/slo/tracker_state.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdint>

#include "lib/json/text.h"
#include "lib/sketch/limits.h"
#include "lib/slo/exact_numbers.h"

namespace slod {
namespace {

namespace json = boost::json;

constexpr std::int64_t state_version = 1;

}  // namespace

std::string to_text(const TrackerState& state) {
  json::object object{{"version", state_version}, {"observed_since_ms", nullptr}};
  if (state.observed_since) {
    object["observed_since_ms"] = state.observed_since->time_since_epoch().count();
  }
  object["bucket_bounds"] = exact_numbers(state.bounds);
  if (!state.slices.is_null()) object["slices"] = state.slices;
  if (!state.doubts.is_null()) object["doubts"] = state.doubts;
  return json_text(object);
}

std::expected<TrackerState, std::string> parse_tracker_state(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  const json::object* object = error ? nullptr : value.if_object();
  if (!object) return std::unexpected("the state is not a JSON object");
  const json::value* version = object->if_contains("version");
  if (!version || *version != state_version) {
    return std::unexpected(fmt::format("the state is of version {}, not {}",
                                       version ? json_text(*version) : "none", state_version));
  }
  const json::value* since = object->if_contains("observed_since_ms");
  if (!since || !(since->is_null() || since->is_int64())) {
    return std::unexpected("observed_since_ms is neither a whole number nor null");
  }
  const auto bounds = read_exact_numbers(object->if_contains("bucket_bounds"));
  if (!bounds || !strictly_ascending(*bounds) || (!bounds->empty() && bounds->back() != infinity)) {
    return std::unexpected("the bucket_bounds do not ascend up to \"+Inf\"");
  }
  TrackerState state;
  if (since->is_int64()) state.observed_since = Instant(Duration(since->get_int64()));
  state.bounds = *bounds;
  if (const json::value* slices = object->if_contains("slices")) state.slices = *slices;
  if (const json::value* doubts = object->if_contains("doubts")) state.doubts = *doubts;
  return state;
}

}  // namespace slod
