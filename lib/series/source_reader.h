#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/exposition/text.h"
#include "lib/series/counter.h"
#include "lib/series/demand.h"
#include "lib/series/labels.h"
#include "lib/series/line_table.h"
#include "lib/time/instant.h"

namespace slod {

struct SourceOptions {
  Labels target_labels = {};   ///< added to every series
  bool honor_labels = false;   ///< an exposed label beats a target label of the same name
  bool is_federation = false;  ///< a server that read the targets: see SourceReader on births
  Duration interval = std::chrono::seconds(15);  ///< between reads; > 0
  std::size_t sample_limit = 0;  ///< samples on a page, demanded or not; 0 is no limit

  bool operator==(const SourceOptions&) const = default;
};

struct Series {
  std::string metric;
  Labels labels;
  std::vector<std::uint32_t> demands;  ///< ids of the demands it satisfies, ascending
  double le = 0;                       ///< the bound of its bucket; NaN where it has none
};

/// A sample as a page has it, whatever its value.
struct DemandedSample {
  std::uint32_t series = 0;  ///< an index: see SourceReader::series
  Instant at;                ///< its own timestamp, or the time of the read
  double value = 0;
  bool has_timestamp = false;  ///< of its own
};

/// What one page brought.
struct Read {
  /// One for each series with a new sample whose demands want events.
  std::vector<Observation> observations;
  std::vector<DemandedSample> demanded_samples;  ///< at most one for each demanded series
  std::vector<std::uint32_t> ended;  ///< demanded series of the page before that are gone from it
  std::optional<Instant> previous;   ///< the successful read before this one
  std::size_t samples = 0;           ///< on the page
  std::size_t demanded = 0;          ///< of these, of demanded series; duplicates too
  std::size_t added = 0;             ///< series not known before
  std::size_t live = 0;              ///< demanded series on the page
  std::size_t duplicates = 0;        ///< a series's second sample on the page; ignored
  std::size_t ignored_values = 0;    ///< NaN, negative, above 1e18
  std::size_t out_of_order = 0;      ///< older than the series's last sample; ignored
  std::size_t too_far_ahead = 0;     ///< timestamp over 10 minutes after the read; ignored
  std::size_t too_far_behind = 0;    ///< timestamp over an hour before the read; ignored
};

struct ReadError {
  enum class Reason : std::uint8_t { malformed, too_many_samples };
  Reason reason = Reason::malformed;
  std::size_t line = 0;  ///< counts from 1; 0 where the page as a whole is meant
  std::string message;   ///< what was expected, what was found
};

/// Turns the pages of one source (a scraped target, or a server that federates) into events.
///
/// What a series's first sample means: on the first read of the source it is a baseline. Later, on
/// a target, the series began at 0 and its value is events. A federating server that restarts or
/// discovers an old target must not invent events; so there a new series began at 0 only if the
/// previous read had another series with its `job` and `instance`, and is a baseline otherwise. A
/// series that only selectors demand which the previous read did not have is a baseline as well,
/// and so is one that had no usable value (NaN, infinite, negative) when it appeared.
///
/// A series that is gone from a page ends, and nothing is subtracted. It is remembered for an hour
/// from that page on, so that a family that is missing on one page is not counted twice.
///
/// A series of which no demand wants events has samples only.
///
/// Not thread-safe; may be moved between threads between calls.
class SourceReader {
 public:
  SourceReader(std::shared_ptr<const Demand> demand, SourceOptions options);

  /// Reads a page. All or nothing: after an error everything is as it was before.
  std::expected<Read, ReadError> read(std::string_view page, Instant at);

  /// A series's index stays while the series lives, and may be another series's once
  /// series_version() has changed. Its texts are put together for each call.
  Series series(std::uint32_t index) const;
  /// False where set_demand() dropped it since a read named it.
  bool knows(std::uint32_t index) const {
    return index < entries_.size() && entries_[index].is_used();
  }
  /// Tells a series from one that had its index before: fnv_hash of its series_key.
  std::uint64_t key_hash(std::uint32_t index) const { return entries_[index].key_hash; }
  /// Of a series, without its texts: as in Series. The reference holds until the next call that is
  /// not const. None for a series that set_demand() dropped.
  const std::vector<std::uint32_t>& demands(std::uint32_t i) const { return *entries_[i].demands; }
  double le(std::uint32_t index) const { return entries_[index].le; }

  /// Which demands, by id, any series satisfies: of those known, or only of those on the last page.
  std::vector<bool> demands_met() const;
  std::vector<bool> demands_on_last_page() const;

  /// Series that are still demanded keep their state, the others are dropped.
  void set_demand(std::shared_ptr<const Demand> demand);

  /// When the last successful read was.
  std::optional<Instant> last_read() const { return last_read_; }

  /// The state of the series that are counted, as opaque bytes in two parts. The first, the large
  /// one, changes only when series_version() does; the second takes 20 bytes for each series and
  /// changes at every read.
  std::string series_bytes() const;
  std::string values_bytes() const;
  std::uint64_t series_version() const { return series_version_; }

  /// Takes up the state of an earlier reader of the same source, so that the next read continues
  /// it across a gap. Both parts must be of the same series_version(). Whatever is not demanded any
  /// more is dropped. On error (damaged bytes, another version of the format, parts that do not
  /// belong together, other target labels) nothing changes, and the source is best read anew.
  std::expected<void, std::string> restore(std::string_view series_bytes,
                                           std::string_view values_bytes);

 private:
  /// What is known of a series all its life. There may be very many, so texts are in the key alone,
  /// and lists of demands are shared. Unused entries have no key and are taken again.
  struct Entry {
    static const std::vector<std::uint32_t> no_demands;

    const std::string* key = nullptr;  ///< series_key: of by_key_, whose keys do not move
    const std::vector<std::uint32_t>* demands = &no_demands;  ///< of demand_lists_
    double le = 0;
    std::uint64_t key_hash = 0;  ///< fnv_hash

    bool is_used() const { return key != nullptr; }
  };
  /// What changes at each read, apart from the rest for the sake of the cache.
  struct State {
    Counter counter;
    Instant ended{};              ///< the first page without it, if it is gone
    std::uint64_t last_page = 0;  ///< the number of the page that had it last; 0 if none had
  };
  /// A sample of a page that is not known to be whole yet.
  struct Pending {
    std::uint32_t line;  ///< LineTable::none for a line not known yet; then `sample` is the text
    std::uint32_t text;  ///< index into texts_
    double value;
    std::optional<Instant> at;
  };

  std::expected<std::size_t, ReadError> parse(std::string_view page);
  std::vector<bool> demands_met(bool on_last_page) const;
  void resolve_lines(Read& read);
  std::uint32_t series_of(const TextSample& text, Read& read);
  std::uint32_t add_entry(std::string_view key, const Labels& labels,
                          std::vector<std::uint32_t> demands);
  void observe(const Pending& pending, std::uint32_t index, Instant at, Read& read);
  bool began_at_zero(const Entry& entry) const;
  void find_previous_targets();
  void end_series(Instant at, std::vector<std::uint32_t>& ended);
  void remove_entry(std::uint32_t index);
  bool is_counted(const Entry& entry) const { return demand_->counts(*entry.demands); }
  std::set<std::string> read_and_counted_demands() const;
  void note_kept_demands();
  void note_demands_read();
  void find_new_demands();

  SourceOptions options_;
  std::shared_ptr<const Demand> demand_;
  std::set<std::string> read_demands_;  ///< texts of the demands the last read had
  std::vector<bool> is_new_demand_;     ///< by demand id: not among read_demands_

  std::vector<Entry> entries_;
  std::vector<State> states_;  ///< beside entries_
  std::vector<std::uint32_t> unused_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::set<std::vector<std::uint32_t>> demand_lists_;
  std::uint64_t series_version_ = 0;

  std::uint64_t pages_ = 0;  ///< successful reads; a restored reader has had two
  std::optional<Instant> last_read_;
  std::size_t live_ = 0;  ///< series on the last page
  Instant last_forgotten_{};

  LineTable lines_;
  std::vector<Pending> pending_;                           ///< of the current page
  std::vector<TextSample> texts_;                          ///< of the current page
  std::set<std::pair<std::string, std::string>> targets_;  ///< job, instance on the previous page
};

}  // namespace slod
