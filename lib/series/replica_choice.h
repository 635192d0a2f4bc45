#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "lib/series/source_kind.h"
#include "lib/time/instant.h"

namespace slod {

/// Which of the two servers of a pair is read. One is, until it fails or falls behind the other;
/// there is no way back but the same. A source that is one server has one replica.
///
/// A server falls behind where its newest sample is older than the other's by more than the longest
/// step, or stands: has not moved on for two and a half of its usual steps while the other's has.
/// That can only be seen by asking the other as well, so it is asked once the one that is read is
/// in doubt.
class ReplicaChoice {
 public:
  ReplicaChoice() = default;
  ReplicaChoice(bool is_pair, const SourceOptions& options);

  std::size_t current() const { return current_; }
  bool has_other() const { return is_pair_; }
  std::size_t other() const { return 1 - current_; }

  /// Whether to ask the other one as well, so that is_behind() can say.
  bool is_in_doubt(Instant now) const;
  /// Whether the other one is to be read instead, given the newest samples that each shows.
  bool is_behind(std::optional<Instant> newest, std::optional<Instant> of_other, Instant now) const;

  /// This replica was read at `at`, and is the current one from now on.
  void read(std::size_t replica, std::optional<Instant> newest, Instant at);
  /// The current one failed and there was no time for the other, which is tried first next time.
  void turn();

 private:
  struct Seen {
    std::optional<Instant> newest;
    Instant moved_at{};  ///< the read that had it first; zero: it was not read
    Duration step{};     ///< from the newest sample before to it
  };

  bool stands(Instant now) const;

  bool is_pair_ = false;
  Duration interval_{};
  Duration longest_step_{};
  std::size_t current_ = 0;
  std::array<Seen, 2> seen_;
};

}  // namespace slod
