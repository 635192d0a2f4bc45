#include "daemon/net/proxy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/daemon/net/fetching.h"
#include "tests/support/scripted_server.h"

namespace slod {
namespace {

TEST(Proxy, IsReadFromItsUrl) {
  const Proxy proxy = parse_proxy("http://us%40er:pass:word@proxy.example:3128/").value();
  EXPECT_EQ(proxy.host, "proxy.example");
  EXPECT_EQ(proxy.port, 3128);
  EXPECT_EQ(proxy.label, "the proxy proxy.example:3128");
  EXPECT_EQ(proxy.authorization, "Basic dXNAZXI6cGFzczp3b3Jk");  // us@er:pass:word
  EXPECT_EQ(parse_proxy("http://proxy").value().port, 80);
  EXPECT_EQ(parse_proxy("http://[::1]:1").value().host, "::1");
  EXPECT_EQ(parse_proxy("http://proxy").value().authorization, "");
  for (const char* wrong : {"https://proxy:1", "proxy:1", "", "http://canary@:1", "ftp://proxy"}) {
    EXPECT_EQ(parse_proxy(wrong).error(),
              "expected the URL of an http proxy, such as http://proxy:3128");
  }
}

TEST(ClientProxy, IsAskedInTheAbsoluteForm) {
  std::vector<std::string> heads;
  ScriptedServer proxy([&](RawSocket& socket, std::size_t) {
    for (std::string head; !(head = socket.read_until("\r\n\r\n")).empty();) {
      heads.push_back(head);
      socket.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  Fetching fetching;
  for (int i = 0; i < 2; ++i) {
    const auto reply =
        fetching.fetch({.url = "http://api.example:8080/metrics?x=1",
                        .proxy_url = fmt::format("http://u:p@127.0.0.1:{}", proxy.port())});
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "ok");
  }
  EXPECT_EQ(heads.at(0),
            "GET http://api.example:8080/metrics?x=1 HTTP/1.1\r\nHost: api.example:8080\r\n"
            "User-Agent: slod\r\nAccept-Encoding: gzip\r\n"
            "Proxy-Authorization: Basic dTpw\r\n\r\n");
  EXPECT_EQ(proxy.connections(), 1U);
}

/// The error of a request for an https page through a proxy that answers CONNECT so.
std::string refused_with(const std::string& answer, std::string& head) {
  ScriptedServer proxy([&](RawSocket& socket, std::size_t) {
    head = socket.read_until("\r\n\r\n");
    socket.send(answer);
  });
  Fetching fetching;
  const auto reply = fetching.fetch(
      {.url = "https://[2001:db8::1]/canary_path?canary_query",
       .secret_url = true,
       .proxy_url = fmt::format("http://canary_user:canary_password@127.0.0.1:{}", proxy.port())});
  if (reply) return "none";
  std::string message = reply.error().message;
  const std::string port = std::to_string(proxy.port());
  return message.replace(message.find(port), port.size(), "PORT");
}

TEST(ClientProxy, IsNamedWhereItRefusesATunnel) {
  std::string head;
  EXPECT_EQ(refused_with("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 9\r\n"
                         "\r\nforbidden",
                         head),
            "GET https://[2001:db8::1]: the proxy 127.0.0.1:PORT refused a tunnel with status 407");
  EXPECT_EQ(head,
            "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
            "User-Agent: slod\r\n"
            "Proxy-Authorization: Basic Y2FuYXJ5X3VzZXI6Y2FuYXJ5X3Bhc3N3b3Jk\r\n\r\n");
  EXPECT_EQ(refused_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", head),
            "GET https://[2001:db8::1]: the proxy 127.0.0.1:PORT sent bytes of its own into a "
            "tunnel");
  EXPECT_EQ(refused_with("", head),
            "GET https://[2001:db8::1]: cannot agree on a tunnel with the proxy 127.0.0.1:PORT: "
            "end of stream");
}

TEST(ClientProxy, IsNamedWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    const ScriptedServer gone([](RawSocket&, std::size_t) {});
    port = gone.port();
  }
  Fetching fetching;
  const auto reply = fetching.fetch(
      {.url = "http://api.example/", .proxy_url = fmt::format("http://canary@127.0.0.1:{}", port)});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message,
            fmt::format("GET http://api.example/: cannot connect to the proxy 127.0.0.1:{}: "
                        "Connection refused",
                        port));
}

}  // namespace
}  // namespace slod
