#include "daemon/net/client.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daemon/net/exchange.h"
#include "daemon/net/proxy.h"
#include "daemon/net/redirect.h"
#include "daemon/net/url.h"

namespace slod {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Kind = FetchError::Kind;

constexpr std::size_t idle_links_max = 256;
constexpr std::chrono::seconds idle_limit{60};

struct IdleLink {
  std::shared_ptr<const TlsContext> tls;  ///< held, so that no other can have its address
  LinkPointer link;
  Clock::time_point since;
};

}  // namespace

struct Client::State {
  LinkPointer take(const std::string& origin);
  void keep(const std::string& origin, IdleLink idle);
  std::expected<std::shared_ptr<const TlsContext>, std::string> tls_for(const Fetch& request,
                                                                        const Url& url);

  asio::awaitable<Exchange::Outcome> exchange_on(std::string origin, Exchange& exchange);
  /// Makes one request, whatever its reply.
  asio::awaitable<Exchange::Outcome> fetch(Fetch request);

  Resolver& resolver;
  Pool& pool;
  std::shared_ptr<const TlsContext> system_tls;  ///< null until it is needed
  std::unordered_map<std::string, IdleLink> idle_links;
};

LinkPointer Client::State::take(const std::string& origin) {
  const auto found = idle_links.find(origin);
  if (found == idle_links.end()) return nullptr;
  IdleLink idle = std::move(found->second);
  idle_links.erase(found);
  if (Clock::now() - idle.since > idle_limit || !is_quiet(*idle.link)) return nullptr;
  return std::move(idle.link);
}

void Client::State::keep(const std::string& origin, IdleLink idle) {
  const Clock::time_point now = idle.since;
  std::erase_if(idle_links,
                [now](const auto& other) { return now - other.second.since > idle_limit; });
  if (idle_links.size() < idle_links_max) idle_links.insert_or_assign(origin, std::move(idle));
}

std::expected<std::shared_ptr<const TlsContext>, std::string> Client::State::tls_for(
    const Fetch& request, const Url& url) {
  if (request.tls || !url.is_https) return request.tls;
  if (!system_tls) {
    auto made = make_tls_context({});
    if (!made) return std::unexpected(made.error());
    system_tls = std::move(*made);
  }
  return system_tls;
}

std::string_view Reply::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::bad_url:
      return "bad_url";
    case Kind::resolve:
      return "resolve";
    case Kind::connect:
      return "connect";
    case Kind::tls:
      return "tls";
    case Kind::timeout:
      return "timeout";
    case Kind::too_large:
      return "too_large";
    case Kind::protocol:
      return "protocol";
    case Kind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Client::Client(Resolver& resolver, Pool& pool)
    : state_(new State{.resolver = resolver, .pool = pool, .system_tls = {}, .idle_links = {}}) {}

Client::~Client() = default;

asio::awaitable<Exchange::Outcome> Client::State::exchange_on(std::string origin,
                                                              Exchange& exchange) {
  LinkPointer idle = exchange.is_repeatable() ? take(origin) : nullptr;
  auto outcome = co_await exchange.perform(std::move(idle));
  if (!outcome) co_return outcome;
  if (exchange.is_reusable()) {
    keep(origin, {exchange.tls(), exchange.release(), Clock::now()});
  } else {
    co_await exchange.finish();
  }
  co_return co_await exchange.decode(std::move(*outcome), pool);
}

asio::awaitable<Exchange::Outcome> Client::State::fetch(Fetch request) {
  auto url = parse_url(request.url, request.secret_url);
  if (!url) co_return std::unexpected(FetchError{Kind::bad_url, std::move(url.error())});
  auto tls = tls_for(request, *url);
  if (!tls) co_return std::unexpected(FetchError{Kind::tls, std::move(tls.error())});
  std::optional<Proxy> proxy;
  if (!request.proxy_url.empty()) {
    auto parsed = parse_proxy(request.proxy_url);
    if (!parsed) co_return std::unexpected(FetchError{Kind::bad_url, std::move(parsed.error())});
    proxy = std::move(*parsed);
  }
  std::string origin =
      fmt::format("{}://{}:{} {} {}", url->is_https ? "https" : "http", url->host, url->port,
                  static_cast<const void*>(tls->get()), request.proxy_url);
  Exchange exchange(std::move(request), std::move(*url), std::move(proxy), *tls, resolver);
  if (const std::string fault = exchange.fault(); !fault.empty()) {
    co_return std::unexpected(exchange.error(Kind::protocol, fault));
  }
  try {
    co_return co_await exchange_on(std::move(origin), exchange);
  } catch (const boost::system::system_error& error) {
    // A wait that begins after the cancellation throws; one that it interrupts fails as any other.
    if (error.code() != asio::error::operation_aborted) throw;
  }
  co_return std::unexpected(exchange.error(Kind::cancelled, "cancelled"));
}

asio::awaitable<Exchange::Outcome> Client::fetch(Fetch request) {
  const Clock::time_point deadline = Clock::now() + request.timeout;
  const auto error = [](const Fetch& at, Kind kind, std::string_view sentence) {
    const auto url = parse_url(at.url, at.secret_url);
    return std::unexpected(FetchError{
        kind, fmt::format("{} {}: {}", at.method, url ? url->label : std::string(), sentence)});
  };
  for (int followed = 0;; ++followed) {
    if (!request.follow_redirects) co_return co_await state_->fetch(std::move(request));
    auto reply = co_await state_->fetch(request);
    if (!reply) co_return reply;
    auto next = redirected(request, *reply);
    if (!next) co_return error(request, Kind::protocol, next.error());
    if (!*next) co_return reply;
    if (followed == redirects_max) {
      co_return error(request, Kind::protocol,
                      fmt::format("it redirects more than {} times in a row", redirects_max));
    }
    request = std::move(**next);
    request.timeout = std::chrono::duration_cast<Duration>(deadline - Clock::now());
    if (request.timeout <= Duration::zero()) {
      co_return error(request, Kind::timeout, "redirects left no time to ask");
    }
  }
}

}  // namespace slod
