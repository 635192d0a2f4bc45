#include "tests/support/recording_server.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <charconv>
#include <utility>

namespace slod {
namespace {

std::size_t content_length(const std::string& head) {
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t found = head.find(name);
  std::size_t length = 0;
  if (found == std::string::npos) return length;
  const char* const digits = head.data() + found + name.size();
  std::from_chars(digits, head.data() + head.size(), length);
  return length;
}

std::string text_of(const Reaction& reaction) {
  return fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n{}\r\n{}", reaction.status,
                     reaction.body.size(), reaction.headers, reaction.body);
}

/// The JSON object in `text`; an empty one where there is none.
boost::json::object object_of(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  return !error && value.is_object() ? value.get_object() : boost::json::object();
}

/// A text member; empty where there is none.
std::string text_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* const value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

RecordingServer::RecordingServer(React react)
    : react_(std::move(react)),
      server_([this](RawSocket& socket, std::size_t) { serve(socket); }) {}

std::vector<RecordingServer::Received> RecordingServer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

void RecordingServer::serve(RawSocket& socket) {
  Posted message;
  message.head = socket.read_until("\r\n\r\n");
  if (!message.head.ends_with("\r\n\r\n")) return;
  message.body = socket.read_exactly(content_length(message.head));
  const std::size_t target = message.head.find(' ') + 1;
  message.target = message.head.substr(target, message.head.find(' ', target) - target);
  Reaction reaction;
  {
    const std::lock_guard lock(mutex_);
    reaction = react_(message, received_.size());
    received_.push_back({std::move(message), reaction});
  }
  switch (reaction.kind) {
    case Reaction::Kind::reply:
      socket.send(text_of(reaction));
      return;
    case Reaction::Kind::close:
      return;
    case Reaction::Kind::reset:
      socket.reset();
      return;
    case Reaction::Kind::silence:
      socket.read_to_end();
      return;
  }
}

Reaction react_as_pagerduty(const Posted& message) {
  const boost::json::object event = object_of(message.body);
  const std::string action = text_at(event, "event_action");
  const boost::json::value* const payload = event.if_contains("payload");
  const bool has_payload = payload && payload->is_object() &&
                           !text_at(payload->get_object(), "summary").empty() &&
                           !text_at(payload->get_object(), "source").empty() &&
                           !text_at(payload->get_object(), "severity").empty();
  if (text_at(event, "routing_key").size() != 32 || text_at(event, "dedup_key").empty() ||
      (action != "trigger" && action != "resolve") || (action == "trigger" && !has_payload)) {
    return {.status = 400, .body = R"({"status":"invalid event"})"};
  }
  return {.status = 202,
          .body = fmt::format(R"({{"status":"success","dedup_key":"{}"}})",
                              text_at(event, "dedup_key"))};
}

Reaction react_as_slack(const Posted& message) {
  if (text_at(object_of(message.body), "text").empty()) {
    return {.status = 400, .body = "invalid_payload"};
  }
  return {.status = 200, .body = "ok"};
}

RecordingServer::React in_turn(std::vector<Reaction> first, Reaction (*then)(const Posted&)) {
  return [first = std::move(first), then](const Posted& message, std::size_t index) {
    return index < first.size() ? first[index] : then(message);
  };
}

}  // namespace slod
