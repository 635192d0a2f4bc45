#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/time/instant.h"

namespace slod::freeze {

/// What a change says of itself.
enum class Change { feature, fix, hotfix };

/// How far the gate is closed, from open to nearly shut.
enum class Level { open, feature_freeze, hotfix_only };

/// Errors name the words that are allowed.
std::expected<Change, std::string> parse_change(std::string_view text);
std::expected<Level, std::string> parse_level(std::string_view text);
std::string_view to_string(Change change);
std::string_view to_string(Level level);

/// One step of the ladder: the level that is in force once that share of the budget is spent.
struct Step {
  Level level = Level::feature_freeze;  ///< never open
  double spent = 0.5;                   ///< ratio of the whole budget, > 0; may exceed 1
  std::optional<Duration>
      over;  ///< counts what was spent in this last time; else in the SLO's window
  std::vector<Change> deny;

  bool operator==(const Step&) const = default;
};

/// The error-budget policy of a service. A level may have several steps (one of them `over` a
/// shorter time, say): each of them brings it.
struct Policy {
  std::vector<Step> ladder;
  double thaw_margin = 0.02;  ///< ratio of the budget, in [0, 1)

  bool operator==(const Policy&) const = default;
};

/// Features freeze above 50 % spent, all but hotfixes from 100 %; thaws 2 % below.
Policy default_policy();

/// The first thing that is wrong with a policy, in one sentence: a step at `open`, a threshold that
/// is not above the thaw margin, an `over` that is not above zero, a margin outside [0, 1).
std::expected<void, std::string> check(const Policy& policy);

/// Whether the step itself denies `change`.
bool denies(const Step& step, Change change);

/// Whether `change` is denied while `level` is in force: what any step up to that level denies.
bool denies(const Policy& policy, Level level, Change change);

}  // namespace slod::freeze
