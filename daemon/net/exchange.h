#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/net/client.h"
#include "daemon/net/proxy.h"
#include "daemon/net/url.h"

namespace boost::system {
class error_code;
}

namespace slod {

/// One connection to a peer, plain or encrypted, with the bytes read ahead of their use.
struct Link;

struct LinkEnd {
  void operator()(Link* link) const;
};
using LinkPointer = std::unique_ptr<Link, LinkEnd>;

/// Whether a connection that was idle is still open and silent. One that the peer closed, or on
/// which it spoke unasked, is of no use.
bool is_quiet(Link& link);

/// One request and its reply. It lives in the frame of Client::fetch, which turns the exception of
/// a wait that begins after a cancellation into an error.
class Exchange {
 public:
  using Outcome = std::expected<Reply, FetchError>;

  Exchange(Fetch request, Url url, std::optional<Proxy> proxy,
           std::shared_ptr<const TlsContext> tls, Resolver& resolver);

  /// What is wrong with the request itself, as a sentence; empty text where it is good.
  std::string fault() const;
  FetchError error(FetchError::Kind kind, std::string_view sentence) const;

  /// Sends the request on `idle`, or (if that is null, or turns out to be closed) on a connection
  /// of its own, and reads the reply to its end. Its body may still be compressed.
  boost::asio::awaitable<Outcome> perform(LinkPointer idle);
  /// Ends the connection, saying so to an encrypted peer.
  boost::asio::awaitable<void> finish();
  /// Undoes the reply's content encoding; beyond a few bytes, on the pool.
  boost::asio::awaitable<Outcome> decode(Reply reply, Pool& pool);

  /// Whether the connection is good for another request; `release` hands it over.
  bool is_reusable() const { return is_reusable_; }
  const std::shared_ptr<const TlsContext>& tls() const { return tls_; }
  LinkPointer release() { return std::move(link_); }

  /// Whether the request may be repeated, and so may use a connection that was idle.
  bool is_repeatable() const { return request_.method == "GET" || request_.method == "HEAD"; }

 private:
  boost::asio::awaitable<std::expected<void, FetchError>> open();
  boost::asio::awaitable<std::expected<void, FetchError>> connect(Resolver::Addresses addresses);
  boost::asio::awaitable<std::expected<void, FetchError>> tunnel();
  boost::asio::awaitable<std::expected<void, FetchError>> encrypt();
  boost::asio::awaitable<Outcome> converse();
  template <class Stream>
  boost::asio::awaitable<Outcome> converse_over(Stream& stream);
  std::string head() const;
  std::string tunnel_head() const;
  std::string proxy_field() const;
  std::expected<void, FetchError> prepare_tls(const std::string& name);
  FetchError failure(FetchError::Kind kind, std::string_view action,
                     const boost::system::error_code& error) const;
  FetchError late(std::string_view action) const;
  FetchError too_large() const;
  FetchError tls_failure(const std::string& name, const boost::system::error_code& error) const;
  bool is_late() const { return std::chrono::steady_clock::now() >= deadline_; }

  Fetch request_;
  Url url_;
  std::optional<Proxy> proxy_;
  std::shared_ptr<const TlsContext> tls_;
  Resolver& resolver_;
  std::chrono::steady_clock::time_point deadline_;
  LinkPointer link_;
  bool is_untouched_ = true;  ///< not a byte of a reply has come
  bool is_reusable_ = false;
};

}  // namespace slod
