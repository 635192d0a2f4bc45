#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "daemon/net/tls.h"

namespace slod {

class TlsContext {
 public:
  TlsContext() : context(boost::asio::ssl::context::tls_client) {}

  /// Streams are made from it and leave it as it is; Asio's signatures want it mutable.
  mutable boost::asio::ssl::context context;
  std::string server_name;
};

}  // namespace slod
