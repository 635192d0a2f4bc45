#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/prometheus/reply.h"
#include "daemon/net/message.h"
#include "lib/promql/selector.h"
#include "lib/time/instant.h"

/// A request's parameters, read with Prometheus's leniency and refused in its words.
namespace slod::prometheus_api {

/// Times beyond these are taken for them, so that no arithmetic with them overflows.
inline constexpr Instant earliest{Duration(-(std::int64_t{1} << 61))};
inline constexpr Instant latest{Duration(std::int64_t{1} << 61)};

/// The first value of the parameter; empty where there is none, which Prometheus takes as the same.
std::string_view parameter(const Request& request, std::string_view name);

/// `invalid parameter "step": ...`
Failure invalid_parameter(std::string_view name, std::string_view why);

/// Seconds since 1970, or RFC 3339. Errors: without the parameter's name.
std::expected<Instant, std::string> read_time(std::string_view text);
/// Seconds, or Prometheus's syntax ("1h30m"); rounded to milliseconds.
std::expected<Duration, std::string> read_duration(std::string_view text);
/// A whole number as Go's Atoi reads it.
std::expected<long long, std::string> read_whole(std::string_view text, std::string_view function);

/// The parameter as a time; `otherwise` where it is absent.
std::expected<Instant, Failure> time_parameter(const Request& request, std::string_view name,
                                               Instant otherwise);
/// The parameter `limit`; nullopt: none.
std::expected<std::optional<std::size_t>, Failure> limit_parameter(const Request& request);

/// The texts of all `match[]`.
std::vector<std::string> match_parameters(const Request& request);

/// Reads what match_parameters gave, unless a stop is requested or memory is short. Errors: without
/// the parameter's name.
std::expected<std::vector<std::vector<promql::Matcher>>, std::string> read_matches(
    const std::vector<std::string>& texts, const std::stop_token& stop = {});

}  // namespace slod::prometheus_api
