#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/answer.h"
#include "lib/time/instant.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace slod {

/// Where slod listens by default.
inline constexpr std::string_view default_server = "http://127.0.0.1:9750";

/// A running slod, as the commands ask it. They have no other way.
class SlodClient {
 public:
  /// `url` is what people write: slashes at its end do not matter.
  explicit SlodClient(std::string url, Duration timeout = std::chrono::seconds(10));

  /// Without a slash at its end.
  const std::string& url() const { return url_; }

  /// The answers to a GET of each path, asked for at the same time, in their order.
  std::vector<Answer> get_all(const std::vector<std::string>& paths) const;
  Answer get(const std::string& path) const;

  /// The path of the question whether `change` may be deployed to `service`.
  static std::string freeze_path(std::string_view service, std::string_view change);

 private:
  std::string url_;
  Duration timeout_;
};

/// Adds the option that names the slod to ask. `names` is "--server", and others for the same.
CLI::Option* add_server_option(CLI::App& command, const std::string& names, std::string& url);

/// Adds the option `--change`: feature, fix or hotfix.
void add_change_option(CLI::App& command, std::string& change);

}  // namespace slod
