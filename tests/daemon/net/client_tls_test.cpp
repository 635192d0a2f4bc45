#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "daemon/net/client.h"
#include "daemon/net/tls.h"
#include "tests/daemon/net/fetching.h"
#include "tests/support/certificates.h"
#include "tests/support/scripted_server.h"

namespace slod {
namespace {

using Kind = FetchError::Kind;

/// How a TLS server behaves.
struct Peer {
  Certificate certificate;
  int version_max = 0;              ///< 0: the newest
  std::string client_ca_file = {};  ///< if set, a client's certificate is demanded
  bool says_goodbye = true;
  bool hangs_up = false;  ///< ends the connection after the reply, instead of waiting for the peer
  std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
};

ScriptedServer::Script serve_tls(Peer peer) {
  return [peer](RawSocket& socket, std::size_t) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);  // so that it would speak even TLS 1.0
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), peer.version_max);
    SSL_CTX_use_certificate(context.get(), peer.certificate.x509.get());
    SSL_CTX_use_PrivateKey(context.get(), peer.certificate.key.get());
    if (!peer.client_ca_file.empty()) {
      SSL_CTX_load_verify_locations(context.get(), peer.client_ca_file.c_str(), nullptr);
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
    SSL_set_fd(session.get(), socket.descriptor());
    if (SSL_accept(session.get()) != 1) return;
    std::string request;
    char byte = 0;
    while (!request.ends_with("\r\n\r\n") && SSL_read(session.get(), &byte, 1) == 1) {
      request += byte;
    }
    if (!request.ends_with("\r\n\r\n")) return;
    SSL_write(session.get(), peer.reply.data(), static_cast<int>(peer.reply.size()));
    if (peer.says_goodbye) SSL_shutdown(session.get());
    if (!peer.hangs_up) socket.read_to_end();
    socket.shutdown();
  };
}

class ClientTls : public testing::Test {
 protected:
  // OpenSSL writes to sockets that the other side may have closed.
  ClientTls() { std::signal(SIGPIPE, SIG_IGN); }

  std::expected<Reply, FetchError> fetch(const Peer& peer, std::string_view host,
                                         const TlsOptions& options) {
    ScriptedServer server(serve_tls(peer));
    auto tls = make_tls_context(options);
    if (!tls) {
      ADD_FAILURE() << tls.error();
      return std::unexpected(FetchError{Kind::tls, tls.error()});
    }
    Fetching fetching([](const std::string&) {
      return std::expected<Resolver::Addresses, std::string>(
          Resolver::Addresses{boost::asio::ip::make_address("127.0.0.1")});
    });
    return fetching.fetch({.url = fmt::format("https://{}:{}/page", host, server.port()),
                           .timeout = Duration(5'000),
                           .tls = *tls});
  }

  TlsOptions trusting() const { return {.ca_file = certificates_.authority().cert_file}; }

  Certificates certificates_;
};

TEST_F(ClientTls, TrustsWhatTheAuthorityHasSigned) {
  const Peer named{.certificate = certificates_.issue("DNS:api.example")};
  auto reply = fetch(named, "api.example", trusting());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "hello");
  const Peer addressed{.certificate = certificates_.issue("IP:127.0.0.1")};
  reply = fetch(addressed, "127.0.0.1", trusting());
  ASSERT_TRUE(reply) << reply.error().message;
  const Peer wild{.certificate = certificates_.issue("DNS:*.svc.example")};
  EXPECT_TRUE(fetch(wild, "api.svc.example", trusting()));
}

TEST_F(ClientTls, SpeaksToItsPeerThroughATunnel) {
  const Peer peer{.certificate = certificates_.issue("DNS:api.example")};
  std::string head;
  ScriptedServer proxy([&](RawSocket& socket, std::size_t index) {
    head = socket.read_until("\r\n\r\n");
    socket.send("HTTP/1.1 200 Connection established\r\n\r\n");
    serve_tls(peer)(socket, index);
  });
  Fetching fetching;
  const auto reply =
      fetching.fetch({.url = "https://api.example/page",
                      .tls = make_tls_context(trusting()).value(),
                      .proxy_url = fmt::format("http://127.0.0.1:{}", proxy.port())});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "hello");
  EXPECT_EQ(head,
            "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n"
            "User-Agent: slod\r\n\r\n");
}

TEST_F(ClientTls, VerifiesTheNameThatItIsTold) {
  const Peer peer{.certificate = certificates_.issue("DNS:internal.example")};
  TlsOptions options = trusting();
  options.server_name = "internal.example";
  EXPECT_TRUE(fetch(peer, "127.0.0.1", options));
}

TEST_F(ClientTls, SpeaksTls12AndNothingOlder) {
  Peer peer{.certificate = certificates_.issue("DNS:api.example")};
  peer.version_max = TLS1_2_VERSION;
  EXPECT_TRUE(fetch(peer, "api.example", trusting()));
  for (const int old : {TLS1_1_VERSION, TLS1_VERSION}) {
    peer.version_max = old;
    const auto reply = fetch(peer, "api.example", trusting());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::tls) << reply.error().message;
  }
}

TEST_F(ClientTls, RefusesACertificateThatIsNotRight) {
  struct Row {
    const char* what;
    Certificate certificate;
    std::string host;
    std::string found;
  };
  Certificates others;
  const std::vector<Row> rows = {
      {"another name", certificates_.issue("DNS:other.example"), "api.example",
       "hostname mismatch; name another one as server_name"},
      {"another address", certificates_.issue("IP:127.0.0.2"), "127.0.0.1",
       "IP address mismatch; name another one as server_name"},
      {"a name for an address", certificates_.issue("DNS:127.0.0.1"), "127.0.0.1",
       "IP address mismatch; name another one as server_name"},
      {"part of a name", certificates_.issue("DNS:a*.example"), "api.example",
       "hostname mismatch; name another one as server_name"},
      {"a name that only the subject has", certificates_.issue_to_subject("api.example"),
       "api.example", "hostname mismatch; name another one as server_name"},
      {"an address that only the subject has", certificates_.issue_to_subject("127.0.0.1"),
       "127.0.0.1", "IP address mismatch; name another one as server_name"},
      {"expired", certificates_.issue("DNS:api.example", -60), "api.example",
       "certificate has expired; renew it, or set the clock"},
      {"self-signed", certificates_.self_signed("DNS:api.example"), "api.example",
       "self-signed certificate; name its authority as ca_file or in SSL_CERT_FILE"},
      {"another authority", others.issue("DNS:api.example"), "api.example",
       "unable to get local issuer certificate; name its authority as ca_file or in SSL_CERT_FILE"},
  };
  for (const Row& row : rows) {
    const auto reply = fetch({.certificate = row.certificate}, row.host, trusting());
    ASSERT_FALSE(reply) << row.what;
    EXPECT_EQ(reply.error().kind, Kind::tls) << row.what;
    EXPECT_TRUE(reply.error().message.ends_with(
        fmt::format("/page: the certificate of {} is not accepted: {}", row.host, row.found)))
        << row.what << ": " << reply.error().message;
  }
}

TEST_F(ClientTls, TrustsNoStrangerByDefault) {
  const auto reply =
      fetch({.certificate = certificates_.issue("DNS:api.example")}, "api.example", {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::tls);
}

TEST_F(ClientTls, ShowsItsOwnCertificate) {
  Peer peer{.certificate = certificates_.issue("DNS:api.example")};
  peer.client_ca_file = certificates_.authority().cert_file;
  TlsOptions options = trusting();
  EXPECT_FALSE(fetch(peer, "api.example", options));
  const Certificate own = certificates_.issue("DNS:slod");
  options.cert_file = own.cert_file;
  options.key_file = own.key_file;
  const auto reply = fetch(peer, "api.example", options);
  ASSERT_TRUE(reply) << reply.error().message;
}

TEST_F(ClientTls, ABodyToTheEndNeedsAGoodbye) {
  Peer peer{.certificate = certificates_.issue("DNS:api.example")};
  peer.reply = "HTTP/1.1 200 OK\r\n\r\nhello";
  const auto whole = fetch(peer, "api.example", trusting());
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->body, "hello");
  // Without it, the body may have been cut off by anybody on the way.
  peer.says_goodbye = false;
  peer.hangs_up = true;
  const auto cut = fetch(peer, "api.example", trusting());
  ASSERT_FALSE(cut) << cut->body;
  EXPECT_EQ(cut.error().kind, Kind::protocol) << cut.error().message;
}

TEST_F(ClientTls, DoesNotWaitLongForAGoodbye) {
  Peer peer{.certificate = certificates_.issue("DNS:api.example")};
  peer.says_goodbye = false;
  peer.reply = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(fetch(peer, "api.example", trusting()));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(ClientTls, AHangingHandshakeEndsAtTheDeadline) {
  ScriptedServer server([](RawSocket& socket, std::size_t) { socket.read_to_end(); });
  Fetching fetching;
  const auto reply = fetching.fetch(
      {.url = fmt::format("https://127.0.0.1:{}/", server.port()), .timeout = Duration(100)});
  EXPECT_EQ(reply.error().kind, Kind::timeout) << reply.error().message;
}

TEST_F(ClientTls, PlaintextIsNoFallback) {
  ScriptedServer plain([](RawSocket& socket, std::size_t) {
    socket.read_some();
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Fetching fetching;
  const auto reply = fetching.get(fmt::format("https://127.0.0.1:{}/", plain.port()));
  EXPECT_EQ(reply.error().kind, Kind::tls) << reply.error().message;
}

TEST_F(ClientTls, NamesTheFileThatIsWrong) {
  const Certificate one = certificates_.issue("DNS:a");
  const Certificate two = certificates_.issue("DNS:b");
  const std::string nowhere = one.cert_file + ".missing";
  EXPECT_TRUE(make_tls_context({.ca_file = nowhere}).error().contains(nowhere));
  EXPECT_TRUE(make_tls_context({.ca_file = one.key_file}).error().contains(one.key_file));
  EXPECT_TRUE(
      make_tls_context({.cert_file = nowhere, .key_file = one.key_file}).error().contains(nowhere));
  EXPECT_TRUE(make_tls_context({.cert_file = one.cert_file, .key_file = two.key_file})
                  .error()
                  .contains(two.key_file));
  EXPECT_EQ(make_tls_context({.cert_file = one.cert_file}).error(),
            "expected cert_file and key_file together, found one of them");
}

/// OpenSSL would wait for ever for who writes to it, and the whole daemon with it.
TEST_F(ClientTls, RefusesAPipeInPlaceOfAFile) {
  const Certificate one = certificates_.issue("DNS:a");
  const std::string pipe = one.cert_file + ".pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string why =
      "cannot read '" + pipe + "', which must be in PEM: a pipe, not a regular file";
  EXPECT_EQ(make_tls_context({.ca_file = pipe}).error(), why);
  EXPECT_EQ(make_tls_context({.cert_file = pipe, .key_file = one.key_file}).error(), why);
  EXPECT_EQ(make_tls_context({.cert_file = one.cert_file, .key_file = pipe}).error(), why);
}

}  // namespace
}  // namespace slod
