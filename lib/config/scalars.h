#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "lib/config/config.h"

namespace slod::config {

/// How one kind of value is read from its text.
template <class T>
struct Scalar {
  std::string expected;  ///< what a message says where the value is no text at all: "a duration"
  /// Error: a whole sentence.
  std::function<std::expected<T, std::string>(const std::string&)> parse;
  /// A regular expression, as JSON schemas have them, that every right text matches; empty: any.
  std::string pattern = {};
};

/// Any text that is not empty.
Scalar<std::string> text();
/// Letters, digits, '_', '-' and '.': a name that goes into URLs and labels as it is.
Scalar<std::string> name();
Scalar<std::string> label_name();
/// A label that tells replicas of one series apart; unlike the former it may start with __.
Scalar<std::string> replica_label();

Scalar<Duration> duration(Duration least, Duration most);
/// "500ms" as seconds; above zero.
Scalar<double> seconds_of_duration();
/// "99.9%" or 0.999, both as 0.999. Without a percent sign at most 1. `least` and `most` are part
/// of the range only where `open` is false.
Scalar<double> ratio(double least, double most, bool open);
/// "10/s", "600/m" or "36000/h" as events per second.
Scalar<double> rate();
/// A number that is not infinite.
Scalar<double> number();
Scalar<std::uint64_t> whole_number(std::uint64_t least);
/// A number of bytes: 1048576, 1024KiB, 1MiB, 1GiB; above zero.
Scalar<std::uint64_t> bytes();

/// "host:port" without a scheme, IPv6 in brackets.
Scalar<HostPort> host_port(std::uint16_t port_least);
/// The same, to listen on: an IP address or localhost, since a name may have several or none.
Scalar<HostPort> listen_address();
/// An absolute http or https URL with a host and without user, password and fragment.
Scalar<std::string> url();
/// The same, of which no message shows anything.
Scalar<std::string> private_url();
/// The same, for people to open: may have a fragment.
Scalar<std::string> page_url();
/// Of the former, one that paths are appended to: no query, and a trailing slash is dropped.
Scalar<std::string> base_url();
/// "http://[user:password@]host[:port]" of an http proxy. No message shows what was found, which
/// may hold a password.
Scalar<std::string> proxy_url();
/// "/metrics?format=text": the path of a request.
Scalar<std::string> request_path();

/// One of a few words. `parse` says in its error which words there are.
template <class T>
Scalar<T> word(std::string expected, std::expected<T, std::string> (*parse)(std::string_view)) {
  return {std::move(expected), [parse](const std::string& text) { return parse(text); }, {}};
}

}  // namespace slod::config
