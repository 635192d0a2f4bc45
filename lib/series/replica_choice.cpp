#include "lib/series/replica_choice.h"

#include <algorithm>

namespace slod {

ReplicaChoice::ReplicaChoice(bool is_pair, const SourceOptions& options)
    : is_pair_(is_pair),
      interval_(options.interval),
      longest_step_(longest_step(options.kind.timing, options.interval)) {}

bool ReplicaChoice::stands(Instant now) const {
  const Seen& seen = seen_[current_];
  return seen.newest && now - seen.moved_at > std::max(interval_, seen.step) * 5 / 2;
}

bool ReplicaChoice::is_in_doubt(Instant now) const {
  if (!is_pair_) return false;
  const Seen& seen = seen_[current_];
  if (seen.moved_at == Instant()) return false;
  return !seen.newest || stands(now) || now - *seen.newest > longest_step_;
}

bool ReplicaChoice::is_behind(std::optional<Instant> newest, std::optional<Instant> of_other,
                              Instant now) const {
  if (!of_other) return false;
  if (!newest) return true;
  const bool still_stands = stands(now) && *newest == seen_[current_].newest;
  return *of_other - *newest > (still_stands ? Duration::zero() : longest_step_);
}

void ReplicaChoice::turn() {
  if (!is_pair_) return;
  current_ = other();
  seen_[current_] = {};  // what it showed long ago says nothing
}

void ReplicaChoice::read(std::size_t replica, std::optional<Instant> newest, Instant at) {
  if (current_ != replica) turn();
  current_ = replica;
  Seen& seen = seen_[replica];
  if (newest && seen.newest && *newest <= *seen.newest) return;
  seen.step = newest && seen.newest ? *newest - *seen.newest : Duration::zero();
  seen.newest = newest;
  seen.moved_at = at;
}

}  // namespace slod
