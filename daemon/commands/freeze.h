#pragma once

#include <string>

namespace slod {

struct FreezeQuestion {
  std::string service;
  std::string server = "http://127.0.0.1:9750";  ///< a running slod
  std::string change = "feature";
  bool as_json = false;
};

/// `slod freeze`: asks a running slod whether a change may be deployed, and prints one line, or the
/// answer as JSON. Returns the exit code: 0 allow, 1 deny, 2 inconclusive, 3 no answer.
int ask_freeze(const FreezeQuestion& question);

}  // namespace slod
