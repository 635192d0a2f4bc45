#include "daemon/net/exchange.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <iterator>
#include <optional>

#include "daemon/net/gzip.h"
#include "daemon/net/no_throw.h"
#include "daemon/net/retry_after.h"
#include "daemon/net/tls_context.h"

namespace slod {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Kind = FetchError::Kind;

struct Link {
  explicit Link(const asio::any_io_executor& loop) : tcp(loop) {}

  beast::tcp_stream tcp;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls;
  /// Bounds the header, a chunk's frame and the trailers, which Beast 1.81 does not bound itself.
  beast::flat_buffer buffer{128 * 1024};
};

void LinkEnd::operator()(Link* link) const {
  delete link;
}

namespace {

constexpr std::uint32_t reply_header_bytes_max = 64 * 1024;
constexpr int interim_replies_max = 5;
/// A body below this is inflated where it is, sooner than the pool would begin.
constexpr std::size_t inflate_here_bytes_max = 4 * 1024;
/// How long an encrypted peer may take to say goodbye.
constexpr Duration farewell_limit{500};

constexpr std::array<std::string_view, 9> client_fields = {
    "host",       "content-length",  "transfer-encoding", "connection", "expect",
    "user-agent", "accept-encoding", "upgrade",           "te"};

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// What may come over the wire for a body of `bytes_max`: gzip may lengthen what does not compress.
std::size_t wire_bytes_max(std::size_t bytes_max) {
  return bytes_max + bytes_max / 1000 + 1024;
}

/// What is wrong with how a reply's body is framed, where Beast 1.81 sees nothing wrong.
std::string framing_fault(const Fields& headers) {
  int encodings = 0;
  int lengths = 0;
  for (const auto& [name, value] : headers) {
    lengths += name == "content-length" ? 1 : 0;
    if (name != "transfer-encoding") continue;
    ++encodings;
    if (lower_case(value) != "chunked")
      return "the answer has a Transfer-Encoding other than chunked";
  }
  if (encodings > 1 || (encodings > 0 && lengths > 0)) {
    return "the answer says more than once where its body ends";
  }
  return {};
}

/// What to do about a certificate that was not accepted.
std::string_view advice_on(long verdict) {
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "; name another one as server_name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "; renew it, or set the clock";
    default:
      return "; name its authority as ca_file or in SSL_CERT_FILE";
  }
}

template <class ResponseHeader>
Fields fields_of(const ResponseHeader& header) {
  Fields fields;
  for (const auto& field : header) {
    fields.emplace_back(lower_case(std::string_view(field.name_string())), field.value());
  }
  return fields;
}

}  // namespace

bool is_quiet(Link& link) {
  // The plain read sees what TLS would see: anything at all, or the end.
  char byte = 0;
  const auto socket = link.tcp.socket().native_handle();
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

Exchange::Exchange(Fetch request, Url url, std::optional<Proxy> proxy,
                   std::shared_ptr<const TlsContext> tls, Resolver& resolver)
    : request_(std::move(request)),
      url_(std::move(url)),
      proxy_(std::move(proxy)),
      tls_(std::move(tls)),
      resolver_(resolver),
      deadline_(std::chrono::steady_clock::now() + request_.timeout) {}

std::string Exchange::fault() const {
  if (!is_token(request_.method)) return "the method is no token";
  for (const auto& [name, value] : request_.headers) {
    if (!is_token(name)) return "the name of a request header is no token";
    if (!is_field_value(value)) {
      return fmt::format("the request header {} has a control byte", name);
    }
    if (std::ranges::find(client_fields, lower_case(name)) != client_fields.end()) {
      return fmt::format("the request header {} is for the client alone to set", name);
    }
  }
  return {};
}

FetchError Exchange::error(Kind kind, std::string_view sentence) const {
  return {kind, fmt::format("{} {}: {}", request_.method, url_.label, sentence)};
}

FetchError Exchange::late(std::string_view action) const {
  return error(Kind::timeout,
               fmt::format("cannot {} within {}", action, format_duration(request_.timeout)));
}

FetchError Exchange::failure(Kind kind, std::string_view action, const error_code& cause) const {
  if (is_late() || cause == beast::error::timeout) return late(action);
  if (cause == asio::error::operation_aborted) {
    return error(Kind::cancelled, fmt::format("cancelled, so it did not {}", action));
  }
  return error(kind, fmt::format("cannot {}: {}", action, cause.message()));
}

asio::awaitable<Exchange::Outcome> Exchange::perform(LinkPointer idle) {
  if (idle) {
    link_ = std::move(idle);
    auto outcome = co_await converse();
    if (outcome || !is_untouched_) co_return outcome;
    const Kind kind = outcome.error().kind;
    if (kind != Kind::protocol && kind != Kind::connect) co_return outcome;
    // The peer closed it while we wrote. Nothing was answered, so a new connection may ask again.
  }
  if (auto opened = co_await open(); !opened) co_return std::unexpected(opened.error());
  co_return co_await converse();
}

asio::awaitable<std::expected<void, FetchError>> Exchange::open() {
  auto addresses = co_await resolver_.resolve(proxy_ ? proxy_->host : url_.host, deadline_);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    co_return std::unexpected(error(Kind::cancelled, "cancelled while its name was looked up"));
  }
  if (!addresses) {
    co_return std::unexpected(error(is_late() ? Kind::timeout : Kind::resolve, addresses.error()));
  }
  auto connected = co_await connect(std::move(*addresses));
  if (!connected || !url_.is_https) co_return connected;
  if (proxy_) {
    auto tunnelled = co_await tunnel();
    if (!tunnelled) co_return tunnelled;
  }
  co_return co_await encrypt();
}

/// Tries one address after the other, giving each its share of the time that is left.
asio::awaitable<std::expected<void, FetchError>> Exchange::connect(Resolver::Addresses addresses) {
  const auto loop = co_await asio::this_coro::executor;
  error_code failed = asio::error::host_unreachable;
  for (std::size_t i = 0; i < addresses.size() && !is_late(); ++i) {
    const auto left = deadline_ - std::chrono::steady_clock::now();
    link_.reset(new Link(loop));
    link_->tcp.expires_after(left / static_cast<int>(addresses.size() - i));
    const std::uint16_t port = proxy_ ? proxy_->port : url_.port;
    std::tie(failed) = co_await link_->tcp.async_connect({addresses[i], port}, no_throw);
    if (!failed) {
      error_code ignored;  // without it requests are slower, and still right
      link_->tcp.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
      co_return std::expected<void, FetchError>();
    }
    if (failed == asio::error::operation_aborted) break;
  }
  const std::string action = proxy_ ? "connect to " + proxy_->label : "connect";
  co_return std::unexpected(failure(Kind::connect, action, failed));
}

/// The header that tells the proxy who asks; empty text where it need not know.
std::string Exchange::proxy_field() const {
  if (!proxy_ || proxy_->authorization.empty()) return {};
  return fmt::format("Proxy-Authorization: {}\r\n", proxy_->authorization);
}

std::string Exchange::tunnel_head() const {
  const bool is_ipv6 = url_.host.contains(':');
  const std::string peer =
      fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", url_.host, is_ipv6 ? "]" : "", url_.port);
  return fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: slod\r\n{}\r\n", peer, peer,
                     proxy_field());
}

/// Has the proxy connect to the peer; what is sent from here on goes there.
asio::awaitable<std::expected<void, FetchError>> Exchange::tunnel() {
  const std::string head_text = tunnel_head();
  const std::string action = "agree on a tunnel with " + proxy_->label;
  link_->tcp.expires_at(deadline_);
  const auto [unsent, sent] =
      co_await asio::async_write(link_->tcp, asio::buffer(head_text), no_throw);
  if (unsent) co_return std::unexpected(failure(Kind::connect, action, unsent));
  http::response_parser<http::empty_body> parser;
  parser.header_limit(reply_header_bytes_max);
  parser.skip(true);  // a tunnel has no body, whatever the header says
  link_->tcp.expires_at(deadline_);
  const auto [unread, count] =
      co_await http::async_read_header(link_->tcp, link_->buffer, parser, no_throw);
  if (unread) co_return std::unexpected(failure(Kind::connect, action, unread));
  const unsigned status = parser.get().result_int();
  if (status < 200 || status > 299) {
    co_return std::unexpected(error(
        Kind::connect, fmt::format("{} refused a tunnel with status {}", proxy_->label, status)));
  }
  if (link_->buffer.size() > 0) {
    co_return std::unexpected(error(
        Kind::protocol, fmt::format("{} sent bytes of its own into a tunnel", proxy_->label)));
  }
  co_return std::expected<void, FetchError>();
}

/// Asks for `name` in the handshake (SNI; RFC 6066 has no IP addresses there) and demands a
/// certificate for it.
std::expected<void, FetchError> Exchange::prepare_tls(const std::string& name) {
  link_->tls.emplace(link_->tcp, tls_->context);
  SSL* const session = link_->tls->native_handle();
  error_code no_address;
  asio::ip::make_address(name, no_address);
  bool is_set = false;
  if (no_address) {
    // A name counts only where it stands in the subjectAltName (RFC 9525).
    SSL_set_hostflags(session,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    // The macro SSL_set_tlsext_host_name, without its C cast.
    is_set = SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(name.c_str())) == 1 &&
             SSL_set1_host(session, name.c_str()) == 1;
  } else {
    is_set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1;
  }
  if (!is_set) {
    return std::unexpected(error(Kind::tls, fmt::format("cannot ask for the name {}", name)));
  }
  return {};
}

asio::awaitable<std::expected<void, FetchError>> Exchange::encrypt() {
  const std::string name = tls_->server_name.empty() ? url_.host : tls_->server_name;
  if (auto prepared = prepare_tls(name); !prepared) co_return prepared;
  link_->tcp.expires_at(deadline_);
  const auto [failed] =
      co_await link_->tls->async_handshake(asio::ssl::stream_base::client, no_throw);
  if (failed) co_return std::unexpected(tls_failure(name, failed));
  co_return std::expected<void, FetchError>();
}

FetchError Exchange::too_large() const {
  return error(Kind::too_large,
               fmt::format("the body has more than {} bytes", request_.body_bytes_max));
}

FetchError Exchange::tls_failure(const std::string& name, const error_code& failed) const {
  const long verdict = SSL_get_verify_result(link_->tls->native_handle());
  if (verdict == X509_V_OK) return failure(Kind::tls, "agree on TLS", failed);
  return error(Kind::tls, fmt::format("the certificate of {} is not accepted: {}{}", name,
                                      X509_verify_cert_error_string(verdict), advice_on(verdict)));
}

std::string Exchange::head() const {
  const bool is_plain_proxy = proxy_ && !url_.is_https;
  std::string out =
      fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: slod\r\nAccept-Encoding: {}\r\n",
                  request_.method, is_plain_proxy ? "http://" + url_.authority : "", url_.target,
                  url_.authority, request_.accept_gzip ? "gzip" : "identity");
  if (is_plain_proxy) out += proxy_field();
  for (const auto& [name, value] : request_.headers) {
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
  }
  if (!request_.body.empty() || !is_repeatable()) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request_.body.size());
  }
  if (!is_repeatable()) out += "Connection: close\r\n";
  out += "\r\n";
  return out;
}

asio::awaitable<Exchange::Outcome> Exchange::converse() {
  is_untouched_ = true;
  is_reusable_ = false;
  if (link_->tls) co_return co_await converse_over(*link_->tls);
  co_return co_await converse_over(link_->tcp);
}

template <class Stream>
asio::awaitable<Exchange::Outcome> Exchange::converse_over(Stream& stream) {
  const std::string head_text = head();
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head_text),
                                                   asio::buffer(request_.body)};
  link_->tcp.expires_at(deadline_);
  const auto [unsent, sent] = co_await asio::async_write(stream, parts, no_throw);
  if (unsent) co_return std::unexpected(failure(Kind::connect, "send the request", unsent));

  std::optional<http::response_parser<http::string_body>> parser;
  bool is_cut = false;
  for (int interim = 0;; ++interim) {
    parser.emplace();
    parser->header_limit(reply_header_bytes_max);
    parser->body_limit(wire_bytes_max(request_.body_bytes_max));
    parser->skip(request_.method == "HEAD");
    link_->tcp.expires_at(deadline_);
    const auto [unread, count] =
        co_await http::async_read_header(stream, link_->buffer, *parser, no_throw);
    is_untouched_ = is_untouched_ && !parser->got_some();
    is_cut = request_.cut_body && unread == http::error::body_limit;
    if (is_cut) break;
    if (unread == http::error::body_limit) {
      co_return std::unexpected(too_large());
    }
    if (unread) co_return std::unexpected(failure(Kind::protocol, "read the reply", unread));
    if (parser->get().result_int() >= 200) break;
    if (parser->get().result_int() == 101 || interim == interim_replies_max) {
      co_return std::unexpected(error(Kind::protocol, "expected a reply, found only interim ones"));
    }
  }

  Reply reply;
  reply.status = static_cast<int>(parser->get().result_int());
  reply.headers = fields_of(parser->get());  // before the body: trailers are no headers
  if (const std::string bad = framing_fault(reply.headers); !bad.empty()) {
    co_return std::unexpected(error(Kind::protocol, bad));
  }
  parser->eager(true);
  while (!is_cut && !parser->is_done()) {
    // Beast 1.81 misses its deadline where bytes are always there already, so we look ourselves.
    is_cut = request_.cut_body && is_late();
    if (is_cut) break;
    if (is_late()) co_return std::unexpected(late("read the reply's body"));
    link_->tcp.expires_at(deadline_);
    const auto [unread, count] =
        co_await http::async_read_some(stream, link_->buffer, *parser, no_throw);
    is_cut = request_.cut_body && unread && unread != asio::error::operation_aborted;
    if (is_cut) break;
    if (unread == http::error::body_limit) co_return std::unexpected(too_large());
    if (unread) co_return std::unexpected(failure(Kind::protocol, "read the reply's body", unread));
  }
  reply.body = std::move(parser->get().body());
  // Retry-After may be a date of the peer's wall clock, so this is ours.
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  reply.retry_after = parse_retry_after(reply.header("retry-after"), now);
  is_reusable_ = is_repeatable() && !is_cut && parser->keep_alive() && link_->buffer.size() == 0;
  co_return reply;
}

asio::awaitable<void> Exchange::finish() {
  if (link_->tls) {
    const auto left = std::chrono::steady_clock::now() + farewell_limit;
    link_->tcp.expires_at(std::min(left, deadline_));
    co_await link_->tls->async_shutdown(no_throw);  // polite, and of no consequence
  }
  link_.reset();
}

asio::awaitable<Exchange::Outcome> Exchange::decode(Reply reply, Pool& pool) {
  const std::size_t bytes_max = request_.body_bytes_max;
  if (request_.cut_body) {
    reply.body.resize(std::min(reply.body.size(), bytes_max));
    co_return reply;
  }
  const std::string encoding = lower_case(reply.header("content-encoding"));
  if (reply.body.empty() || encoding.empty() || encoding == "identity") {
    if (reply.body.size() <= bytes_max) co_return reply;
    co_return std::unexpected(too_large());
  }
  if (encoding != "gzip" && encoding != "x-gzip") {
    co_return std::unexpected(error(Kind::protocol, "expected a Content-Encoding of gzip or none"));
  }
  std::expected<std::string, GunzipError> body;
  if (reply.body.size() <= inflate_here_bytes_max) {
    body = gunzip(reply.body, bytes_max);
  } else {
    body = co_await pool.run(
        [compressed = std::move(reply.body), bytes_max] { return gunzip(compressed, bytes_max); });
  }
  if (!body) {
    const bool is_large = body.error().kind == GunzipError::Kind::too_large;
    co_return std::unexpected(
        error(is_large ? Kind::too_large : Kind::protocol, body.error().message));
  }
  reply.body = std::move(*body);
  co_return reply;
}

}  // namespace slod
