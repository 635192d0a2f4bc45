#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// The slices of time, at multiples of their length since the Unix epoch, that wait to be judged by
/// expressions: in order, each once, and only once it is complete.
class SliceQueue {
 public:
  /// At most this many slices wait; of a longer time the oldest are missing.
  static constexpr std::int64_t slices_max = 10'000;

  struct Due {
    Interval when;
    double measured_share = 1;  ///< of its time, at least a half
    bool operator==(const Due&) const = default;
  };

  explicit SliceQueue(Duration slice);

  /// The first read: the first slice is the one that begins with or after it. Only the first call
  /// counts.
  void begin(Instant first_read);
  /// Expressions can read nothing from before: slices that begin earlier are missing.
  void readable_since(Instant at);
  /// Says that `measured_share` (0..1) of this time was read. Each moment at most once.
  void account(Interval when, double measured_share);
  /// Everything is read that will be, up to the watermark: slices that ended by then are complete.
  void close(Instant watermark);

  /// Passes over the complete slices at the head of the queue of which less than half was
  /// measured, and says which time they were. Nullopt: the head is none of them.
  std::optional<Interval> take_missing();
  /// The complete slices at the head of the queue that can be judged, at most `most`.
  std::vector<Due> due(std::size_t most) const;
  /// Takes the head of the queue off. Nullopt, and nothing is done, where `slice` is not the head
  /// or not due.
  std::optional<Due> take(Interval slice);

  /// The head as JSON, and back. Error: one sentence on what is not as state() writes it.
  boost::json::value state() const;
  std::expected<void, std::string> restore(const boost::json::value& state);

 private:
  std::int64_t number(Instant at) const;  ///< of the slice that holds the moment after `at`
  Interval interval(std::int64_t first, std::int64_t last) const;

  Duration slice_;
  std::optional<std::int64_t> next_;  ///< the head; slice n is (n * slice, (n + 1) * slice]
  std::int64_t closed_;               ///< slices up to and with this one are complete
  Instant readable_since_ = Instant::min();
  std::map<std::int64_t, double> measured_seconds_;  ///< of the slices from next_ on
};

}  // namespace slod
