#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/recording_server.h"

namespace slod {

/// How a command ended, and what it printed.
struct CommandRun {
  int code = -1;
  std::string out;  ///< on stdout
  std::string err;  ///< on stderr
};

/// Runs slod with these arguments, its name left out. All commands are there but those that serve.
CommandRun run_slod(const std::vector<std::string>& arguments);

/// A slod that gives each path the answer that a test has for it, and 404 where it has none.
class FakeSlod {
 public:
  FakeSlod() = default;
  FakeSlod(const FakeSlod&) = delete;
  FakeSlod& operator=(const FakeSlod&) = delete;

  std::string url() const { return server_.url(""); }

  /// The targets that were asked for, with their queries, in the order of their arrival.
  std::vector<std::string> asked() const;

  /// From now on `path`, whatever its query, is answered so. Thread-safe, as all else.
  void answer(std::string path, Reaction reaction);
  Reaction reaction_to(std::string_view target) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Reaction, std::less<>> reactions_;  ///< by path
  RecordingServer server_{
      [this](const Posted& request, std::size_t) { return reaction_to(request.target); }};
};

/// A URL of this machine at which no server listens.
std::string url_of_nobody();

}  // namespace slod
