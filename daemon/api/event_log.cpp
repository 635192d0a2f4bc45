#include "daemon/api/event_log.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "daemon/api/daemon.h"
#include "daemon/api/episode_json.h"
#include "daemon/net/entity_tag.h"
#include "daemon/store/store.h"
#include "lib/alert/notice.h"
#include "lib/json/text.h"
#include "lib/time/instant.h"

namespace slod::event_log {
namespace {

namespace json = boost::json;

/// A disk that hangs must not keep the threads that evaluate rules.
constexpr std::chrono::seconds wait_max(5);

constexpr std::size_t limit_max = 1000;

/// Which rows a request wants: `limit` of the newest, and of these the ones of a service, or SLO.
struct Wanted {
  std::size_t limit = 100;  ///< 1 to limit_max
  std::string service;      ///< empty: all
  std::string slo;          ///< empty: all
};

/// Error: a sentence on the parameter that is wrong.
std::expected<Wanted, std::string> wanted_rows(const Request& request) {
  Wanted wanted;
  for (const auto& [name, value] : request.query) {
    if (request.parameters(name).size() > 1) {
      return std::unexpected(fmt::format("{}: expected once, found twice or more", name));
    }
    if (name == "service") {
      wanted.service = value;
    } else if (name == "slo") {
      wanted.slo = value;
    } else if (name == "limit") {
      const char* end = value.data() + value.size();
      const auto [rest, error] = std::from_chars(value.data(), end, wanted.limit);
      if (error != std::errc() || rest != end || wanted.limit < 1 || wanted.limit > limit_max) {
        return std::unexpected(
            fmt::format("limit: expected a number from 1 to {}, found \"{}\"", limit_max, value));
      }
    } else {
      return std::unexpected(
          fmt::format("expected no parameters but limit, service, slo, found \"{}\"", name));
    }
  }
  return wanted;
}

json::value parsed(const std::string& text) {
  boost::system::error_code ignored;  // what is damaged becomes null, and is left out below
  return json::parse(text, ignored);
}

/// Nothing where the stored episode cannot be read, or is another's.
std::optional<json::object> episode_json(const EpisodeChange& change, const Wanted& wanted) {
  auto episode = stored_episode_json(change.key, parsed(change.episode));
  if (!episode) return std::nullopt;
  const auto fits = [&episode](const char* name, const std::string& wanted_text) {
    return wanted_text.empty() || episode->at(name).as_string() == wanted_text;
  };
  if (!fits("service", wanted.service) || !fits("slo", wanted.slo)) return std::nullopt;
  return episode;
}

std::optional<json::object> verdict_json(const VerdictChange& change, const Wanted& wanted) {
  if (!wanted.service.empty() && wanted.service != change.service) return std::nullopt;
  return json::object{{"at", format_instant(change.at)},
                      {"service", change.service},
                      {"from", change.from},
                      {"to", change.to},
                      {"reason", change.reason}};
}

std::optional<json::object> message_json(const SentMessage& sent, const Wanted& wanted) {
  const OutboxRow& row = sent.row;
  const bool is_pending = sent.state == OutboxState::pending;
  json::object out{{"id", row.message.id},
                   {"receiver", row.message.receiver},
                   {"created", format_instant(row.message.created)},
                   {"state", to_string(sent.state)},
                   {"attempts", row.attempts},
                   {"next_attempt", is_pending ? json::value(format_instant(row.next_attempt))
                                               : json::value(nullptr)},
                   {"error", row.error},
                   {"kind", nullptr},
                   {"severity", nullptr},
                   {"summary", nullptr}};
  const alert::Notice& notice = row.message.notice;
  if (row.unreadable.empty()) {
    out["kind"] = alert::to_string(notice.kind);
    out["severity"] = notice.severity;
    out["summary"] = notice.summary();
  }
  if (!wanted.service.empty() && notice.service != wanted.service) return std::nullopt;
  if (!wanted.slo.empty() && notice.slo != wanted.slo) return std::nullopt;
  return out;
}

/// Waits for rows of the store, on a thread of the pool, and prints them.
template <typename Row, typename Print>
RouteReply answer(
    Daemon& daemon, const Request& request, const char* name,
    std::future<std::expected<std::vector<Row>, std::string>> (Store::*ask)(std::size_t),
    Print print) {
  if (daemon.store_hangs()) return json_error(503, "the disk does not answer");
  auto which = wanted_rows(request);
  if (!which) return json_error(400, which.error());
  // The whole of the newest, where only some of them are wanted.
  const bool is_filtered = !which->service.empty() || !which->slo.empty();
  auto rows = (daemon.store().*ask)(is_filtered ? limit_max : which->limit);
  Request head;
  head.headers = request.headers;
  // From now on, and not from when a thread is free: the others would wait for each in turn.
  const auto deadline = std::chrono::steady_clock::now() + wait_max;
  return PoolJob{[rows = std::move(rows), deadline, which = std::move(*which),
                  head = std::move(head), name, print,
                  is_filtered](const std::stop_token& stop) mutable -> Response {
    while (rows.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
      if (stop.stop_requested() || std::chrono::steady_clock::now() >= deadline) {
        return json_error(503, "the disk did not answer in time");
      }
    }
    const auto found = rows.get();
    if (!found) return json_error(503, "the state cannot be read: " + found.error());
    json::array printed;
    for (const Row& row : *found) {
      if (is_filtered && printed.size() >= which.limit) break;
      if (auto one = print(row, which)) printed.push_back(std::move(*one));
    }
    return revalidated(head, {.body = json_text(json::object{{name, std::move(printed)}}) + "\n"});
  }};
}

}  // namespace

RouteReply episodes(Daemon& daemon, const Request& request) {
  return answer(daemon, request, "episodes", &Store::recent_episodes, episode_json);
}

RouteReply verdicts(Daemon& daemon, const Request& request) {
  return answer(daemon, request, "changes", &Store::recent_verdicts, verdict_json);
}

RouteReply outbox(Daemon& daemon, const Request& request) {
  return answer(daemon, request, "messages", &Store::recent_messages, message_json);
}

}  // namespace slod::event_log
