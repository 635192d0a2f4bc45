#include "daemon/net/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <iterator>
#include <optional>
#include <span>

#include "daemon/net/target.h"

namespace slod {

namespace http = boost::beast::http;

namespace {

using boost::beast::error_code;

/// A chunk may carry extensions; they are only sent to cost us time.
constexpr std::size_t chunk_extension_bytes_max = 256;

/// The memory that an idle connection may keep of a request.
constexpr std::size_t body_bytes_kept = 1024;
constexpr std::size_t fields_kept = 32;

std::string lower_case(boost::beast::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_one_of(std::string_view method, std::span<const std::string_view> methods) {
  return std::ranges::find(methods, method) != methods.end();
}

constexpr std::array<std::string_view, 7> served_methods = {"GET",   "HEAD",   "POST",   "PUT",
                                                            "PATCH", "DELETE", "OPTIONS"};
constexpr std::array<std::string_view, 2> refused_methods = {"CONNECT", "TRACE"};

}  // namespace

/// Beast's parser, writing straight into the request.
class RequestReader::Parser : public http::basic_parser<true> {
 public:
  explicit Parser(Request& request) : request_(request) {}

  bool header_is_complete() const { return header_is_complete_; }
  bool is_http_1_0() const { return version_ == 10; }

 private:
  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code&) override {
    request_.method.assign(method);
    request_.target.assign(target);
    version_ = version;
  }

  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}

  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code&) override {
    if (header_is_complete_) return;  // a trailer: read, and dropped
    request_.headers.emplace_back(lower_case(name), value);
  }

  void on_header_impl(error_code&) override { header_is_complete_ = true; }

  // The body grows as it comes, so that what a peer only announces takes no memory.
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(boost::beast::string_view bytes, error_code&) override {
    request_.body.append(bytes);
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view extensions,
                            error_code& error) override {
    if (extensions.size() > chunk_extension_bytes_max) error = http::error::bad_chunk_extension;
  }

  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes,
                                 error_code&) override {
    request_.body.append(bytes);
    return bytes.size();
  }

  void on_finish_impl(error_code&) override {}

  Request& request_;
  int version_ = 11;
  bool header_is_complete_ = false;
};

RequestReader::RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max,
                             TermsOf terms_of)
    : header_bytes_max_(header_bytes_max),
      body_bytes_max_(body_bytes_max),
      terms_of_(std::move(terms_of)) {}

RequestReader::~RequestReader() = default;

void RequestReader::next() {
  state_ = State::header;
  line_begin_ = 0;
  scanned_ = 0;
  expects_continue_ = false;
  keep_alive_ = false;
  is_http_1_0_ = false;
  always_has_room_ = false;
  request_.method.clear();
  request_.target.clear();
  request_.path.clear();
  if (request_.query.capacity() > fields_kept) request_.query = {};
  request_.query.clear();
  if (request_.headers.capacity() > fields_kept) request_.headers = {};
  request_.headers.clear();
  if (request_.body.capacity() > body_bytes_kept) request_.body = {};
  request_.body.clear();
  parser_.reset();
}

void RequestReader::refuse(int status, std::string_view sentence) {
  state_ = State::refused;
  keep_alive_ = false;
  refusal_ = json_error(status, sentence);
  if (status == 405) refusal_.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE");
}

std::size_t RequestReader::read(std::string_view received) {
  if (received.empty()) return 0;
  if (state_ == State::header) return read_header(received);
  if (state_ == State::body) return read_body(received);
  return 0;
}

std::size_t RequestReader::read_header(std::string_view received) {
  // Some clients send an empty line after a body; RFC 9112, 2.2 asks to skip one.
  if (received == "\r") return 0;
  if (received.starts_with("\r\n")) return 2;
  if (!is_token(received.substr(0, 1))) {
    refuse(400, "expected an HTTP request, found something else");
    return 0;
  }
  for (;;) {
    const std::size_t newline = received.find('\n', scanned_);
    if (std::min(newline, received.size()) >= header_bytes_max_) {
      refuse(431, fmt::format("expected a header of at most {} bytes", header_bytes_max_));
      return 0;
    }
    if (newline == std::string_view::npos) {
      scanned_ = received.size();
      return 0;
    }
    std::string_view line = received.substr(line_begin_, newline - line_begin_);
    if (!line.ends_with('\r')) {
      refuse(400, "expected header lines that end in CR LF");
      return 0;
    }
    line.remove_suffix(1);
    line_begin_ = scanned_ = newline + 1;
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      refuse(400, "expected header lines that start with a name: folded lines are obsolete");
      return 0;
    }
    if (!is_field_value(line)) {
      refuse(400, "expected no control byte in the header");
      return 0;
    }
  }

  parser_ = std::make_unique<Parser>(request_);
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max_) + 4);
  body_limit_ = body_bytes_max_;
  parser_->body_limit(body_limit_);
  error_code error;
  const std::size_t consumed = parser_->put(boost::asio::buffer(received.data(), scanned_), error);
  if (error == http::error::body_limit) {
    refuse_body();
  } else if (error == http::error::bad_version) {
    refuse(505, "expected HTTP/1.0 or HTTP/1.1");
  } else if (error || !parser_->header_is_complete()) {
    refuse(400, fmt::format("expected an HTTP request: {}",
                            error ? error.message() : std::string("the header is incomplete")));
  } else {
    state_ = State::body;
    check_header();
  }
  return consumed;
}

void RequestReader::check_header() {
  keep_alive_ = parser_->keep_alive();
  is_http_1_0_ = parser_->is_http_1_0();
  if (!is_one_of(request_.method, served_methods)) {
    const bool is_known = is_one_of(request_.method, refused_methods);
    return refuse(is_known ? 405 : 501,
                  "expected the method GET, HEAD, POST, PUT, PATCH or DELETE");
  }
  check_framing();
  if (state_ != State::refused) check_target();
  if (state_ != State::refused) check_terms();
  if (state_ != State::refused && parser_->is_done()) finish();
}

std::size_t RequestReader::read_body(std::string_view received) {
  parser_->eager(true);
  error_code error;
  const std::size_t consumed =
      parser_->put(boost::asio::buffer(received.data(), received.size()), error);
  if (error == http::error::body_limit) {
    refuse_body();
  } else if (error && error != http::error::need_more) {
    refuse(400, fmt::format("expected a well-formed body: {}", error.message()));
  } else if (parser_->is_done()) {
    finish();
  }
  return consumed;
}

void RequestReader::check_framing() {
  int hosts = 0;
  int lengths = 0;
  int encodings = 0;
  std::string_view host;
  std::string_view length;
  std::string_view encoding;
  std::string_view expectation;
  for (const auto& [name, value] : request_.headers) {
    if (name == "host") {
      ++hosts;
      host = value;
    } else if (name == "content-length") {
      ++lengths;
      length = value;
    } else if (name == "transfer-encoding") {
      ++encodings;
      encoding = value;
    } else if (name == "expect") {
      expectation = value;
    }
  }
  if (hosts > 1 || (hosts == 0 && !is_http_1_0_) || (hosts == 1 && host.empty())) {
    return refuse(400, fmt::format("expected one Host header with a value, found {}", hosts));
  }
  if (encodings > 0 && is_http_1_0_) {
    return refuse(400, "expected no Transfer-Encoding in HTTP/1.0");
  }
  if (encodings > 0 && lengths > 0) {
    return refuse(400, "expected Content-Length or Transfer-Encoding, found both");
  }
  if (encodings > 1 || (encodings == 1 && lower_case(encoding) != "chunked")) {
    return refuse(400, "expected no Transfer-Encoding but chunked");
  }
  if (lengths > 1 || length.find_first_not_of("0123456789") != std::string_view::npos) {
    return refuse(400, "expected one Content-Length that is one number");
  }
  const bool has_body = encodings == 1 || (lengths == 1 && !parser_->is_done());
  if (has_body && (request_.method == "GET" || request_.method == "HEAD")) {
    return refuse(400, fmt::format("expected no body on {}", request_.method));
  }
  if (!expectation.empty() && lower_case(expectation) != "100-continue") {
    return refuse(417, "expected no expectation but 100-continue");
  }
  expects_continue_ = has_body && !expectation.empty() && !is_http_1_0_;
}

void RequestReader::check_target() {
  auto target = parse_target(request_.target);
  if (!target) return refuse(400, target.error());
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  if (target->host.empty()) return;
  request_.target.erase(0, std::string_view("http://").size() + target->host.size());
  for (auto& [name, value] : request_.headers) {
    if (name == "host") value = target->host;
  }
}

/// Holds a body that is to come against what the route allows.
void RequestReader::check_terms() {
  if (!terms_of_) return;
  const RequestTerms terms = terms_of_(request_);
  always_has_room_ = terms.always_has_room;
  if (parser_->is_done()) return;
  if (terms.refusal) {
    state_ = State::refused;
    keep_alive_ = false;
    refusal_ = *terms.refusal;
    return;
  }
  body_limit_ = std::min(terms.body_bytes_max, body_bytes_max_);
  parser_->body_limit(body_limit_);
  if (parser_->content_length().value_or(0) > body_limit_) refuse_body();
}

void RequestReader::refuse_body() {
  if (body_limit_ == 0) return refuse(413, fmt::format("expected no body for {}", request_.path));
  refuse(413, fmt::format("expected a body of at most {} bytes", body_limit_));
}

void RequestReader::finish() {
  state_ = State::complete;
  const std::string_view type = request_.header("content-type");
  const std::string form_type = lower_case(type.substr(0, type.find_first_of("; \t")));
  if (request_.method != "POST" || form_type != "application/x-www-form-urlencoded") return;
  Fields fields;
  std::string fault = append_form(request_.body, fields);
  if (fault.empty() && fields.size() + request_.query.size() > query_fields_max) {
    fault = fmt::format("expected at most {} parameters", query_fields_max);
  }
  if (!fault.empty()) return refuse(400, fault);
  std::ranges::move(request_.query, std::back_inserter(fields));
  request_.query = std::move(fields);
}

}  // namespace slod
