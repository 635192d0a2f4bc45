#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/series/doubt.h"
#include "lib/time/instant.h"

namespace slod {

/// The reason of which to_string() makes this name.
std::optional<DoubtReason> doubt_reason(std::string_view name);

/// Events of an SLO in doubt: counted, though they may not be events of that time, or left out,
/// though they may be.
struct Doubt {
  DoubtReason reason = DoubtReason::birth;
  std::string source;  ///< its name; empty for what comes of no source
  bool is_counted = false;
  /// They happened, all of them, and were perhaps counted as the wrong ones: as good ones or, where
  /// `is_counted`, as bad ones. Then bad = total.
  bool changes_sides = false;
  double total = 0;  ///< >= bad
  double bad = 0;    ///< >= 0
  Interval when;

  bool operator==(const Doubt&) const = default;
};

/// By how much the counts of a window may be wrong. Which of the events in doubt are of that time
/// is not known, so they are taken one by one.
struct DoubtfulCounts {
  double counted_good = 0;
  double counted_bad = 0;
  double left_out_good = 0;
  double left_out_bad = 0;
  /// Counted as the one, and perhaps the other.
  double good_maybe_bad = 0;
  double bad_maybe_good = 0;

  void add(const Doubt& doubt);
  bool operator==(const DoubtfulCounts&) const = default;
};

/// The doubts of an SLO, as long as any window reaches back to them. One that is in part within a
/// window counts there as a whole: that is never too little. So doubts of one reason and source
/// that touch become one as long as that is short, and of more than `most` those of them that lie
/// nearest to each other, with the time of both.
class DoubtList {
 public:
  static constexpr std::size_t most = 64;
  /// How long doubts that touch become together, as a part of the longest window.
  static constexpr int parts_of_window = 32;

  /// `longest_window`: that any doubts are looked at over.
  void add(Doubt doubt, Duration longest_window);
  /// Forgets those that ended by then.
  void forget_before(Instant at);
  /// Those that touch this time; the largest first.
  std::vector<Doubt> over(Interval window) const;
  bool empty() const { return doubts_.empty(); }

  /// As JSON, and back. Error: one sentence on what is not as state() writes it.
  boost::json::value state() const;
  std::expected<void, std::string> restore(const boost::json::value& state);

 private:
  void unite_nearest();

  std::vector<Doubt> doubts_;  ///< in the order of their beginnings
};

}  // namespace slod
