#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/hash/keyed.h"
#include "lib/series/counter.h"
#include "lib/series/demand.h"
#include "lib/series/doubt.h"
#include "lib/series/judgement_rule.h"
#include "lib/series/labels.h"
#include "lib/series/process_book.h"
#include "lib/series/process_judgement.h"
#include "lib/series/renamed_series.h"
#include "lib/series/sample_batch.h"
#include "lib/series/shared_address.h"
#include "lib/series/source_kind.h"
#include "lib/time/instant.h"

namespace slod {

struct Series {
  std::string metric;
  Labels labels;
  std::vector<std::uint32_t> demands;  ///< ids of the demands it satisfies, ascending
  double le = 0;                       ///< the bound of its bucket; NaN where it has none
};

/// What one batch brought.
struct BatchResult {
  /// The batch with the samples that count: at most one for each demanded series, of any value.
  SampleBatch batch;
  /// One for each series with a new sample whose demands want events.
  std::vector<Observation> observations;
  /// What is not certain of them.
  std::vector<DoubtfulEvents> doubts;
  /// Of earlier batches.
  std::vector<TakenBackEvents> taken_back;
  /// Two processes answer in turns, so that nothing is known: there are no observations.
  bool is_shared_address = false;
  std::vector<std::uint32_t> ended;  ///< demanded series of the batch before that are gone from it
  std::optional<Instant> previous;   ///< when the batch before this one was
  std::size_t demanded = 0;          ///< samples of demanded series; duplicates too
  std::size_t added = 0;             ///< series not known before
  std::size_t live = 0;              ///< demanded series in the batch
  std::size_t duplicates = 0;        ///< a series's second sample in the batch; ignored
  /// Samples of replicas that a newer one of another replica makes needless, or that a server
  /// shows which has taken over and had not come as far.
  std::size_t replicas = 0;
  std::size_t ignored_values = 0;  ///< NaN, negative, above 1e18, or a histogram
  std::size_t out_of_order = 0;    ///< older than the series's last sample; ignored
  std::size_t too_far_ahead = 0;   ///< timestamp over 10 minutes after the batch; ignored
  std::size_t too_far_behind = 0;  ///< timestamp over an hour before the batch; ignored

  RuleCounts rules;  ///< which decided what the samples mean that did not simply go on

  /// How far the source's clock is ahead of slod's; nullopt: it has not shown it.
  std::optional<Duration> clock_skew;

  std::size_t ignored() const {
    return ignored_values + out_of_order + too_far_ahead + too_far_behind + duplicates;
  }
};

/// The series of one source: which are demanded, and what their samples mean in events. It does not
/// know how the samples came: its batches come from any decoder.
///
/// What a series's first sample means: in the first batch of the source it is a baseline. Later it
/// is what the kind of the source says (Birth), and events all the same where the sample says that
/// the counter started after the batch before. A series that only selectors demand which the batch
/// before did not have is a baseline, and so is one that had no usable value (NaN, infinite,
/// negative) when it appeared.
///
/// A series that is gone from a batch ends, and nothing is subtracted; so does one with a stale
/// marker. It is remembered for an hour from that batch on, so that a family that is missing on one
/// page is not counted twice.
///
/// A series of which no demand wants events has samples only.
///
/// Not thread-safe; may be moved between threads between calls.
class SeriesBook {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  SeriesBook(std::shared_ptr<const Demand> demand, SourceOptions options);

  const std::shared_ptr<const Demand>& demand() const { return demand_; }
  const SourceOptions& options() const { return options_; }

  /// For decoders: the index of the series that the source exposes with these labels, which begins
  /// to be where there is none; `none` where it is not demanded. This is where it is decided which
  /// series are the same. To be asked once a batch is known to be whole, before it is recorded.
  std::uint32_t index_of(const std::string& metric, std::vector<Labels::Pair> exposed);
  /// Changes when series were removed, whose indices may become those of others. What index_of()
  /// said of the series in the last batch stays true, unless demand() changed as well.
  std::uint64_t removals() const { return removals_; }

  /// Other sources of the same job were read until then: the series of a process that began since
  /// then count from zero in the first batch. To be called before it.
  void join_job(Instant last_read);
  /// Moves the times of samples that are remembered, but for those of the read itself: what is
  /// known of the source's clock has changed.
  void shift_times(Duration by);

  /// Counts a batch. Its series are of index_of().
  BatchResult record(SampleBatch batch);

  /// A series's index stays while the series lives, and may be another series's once
  /// series_version() has changed. Its texts are put together for each call.
  Series series(std::uint32_t index) const;
  /// False where set_demand() dropped it since a result named it.
  bool knows(std::uint32_t index) const {
    return index < entries_.size() && entries_[index].is_used();
  }
  /// Tells a series from one that had its index before: fnv_hash of its series_key.
  std::uint64_t key_hash(std::uint32_t index) const { return entries_[index].key_hash; }
  /// Of a series, without its texts: as in Series. The reference holds until the next call that is
  /// not const. None for a series that set_demand() dropped.
  const std::vector<std::uint32_t>& demands(std::uint32_t i) const { return *entries_[i].demands; }
  double le(std::uint32_t index) const { return entries_[index].le; }

  /// Which demands, by id, any series satisfies: of those known, or only of those in the last
  /// batch.
  std::vector<bool> demands_met() const;
  std::vector<bool> demands_in_last_batch() const;

  /// Series that are still demanded keep their state, the others are dropped.
  void set_demand(std::shared_ptr<const Demand> demand);

  /// Times after `now` become `now`: slod's clock was ahead when they were stored. Whether any was.
  bool bring_back(Instant now);

  /// When the last batch was.
  std::optional<Instant> last_batch() const { return last_batch_; }

  /// The state of the series that are counted, as opaque bytes in two parts. The first, the large
  /// one, changes only when series_version() does; the second takes 20 bytes for each series and
  /// changes with every batch.
  std::string series_bytes() const;
  std::string values_bytes() const;
  std::uint64_t series_version() const { return series_version_; }

  /// Takes the state of an earlier book of the same source, so that the next batch continues it
  /// across a gap. Both parts must be of the same series_version(). What is no longer demanded is
  /// dropped. To be called before the first batch. On error (damaged bytes, another version of the
  /// format, parts that do not belong together, another kind or other target labels) nothing
  /// changes.
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
    std::uint32_t family = 0;    ///< of processes_
    bool is_process_start = false;
    bool is_counted = false;  ///< one of `demands` wants its events

    bool is_used() const { return key != nullptr; }
  };
  /// What changes with each batch, apart from the rest for the sake of the cache.
  struct State {
    Counter counter = {};
    Instant ended{};               ///< the first batch without it, if it is gone
    std::uint32_t last_batch = 0;  ///< the number of the batch that had it last; 0 if none had
    bool is_low = false;           ///< its last sample was below the value of `counter`: see low_
    Instant stood_until{};  ///< the last read at which a timestamp of its own had not moved on
  };
  /// A counter that fell without having begun again, as far as is known.
  struct Low {
    double first = 0;  ///< to what it fell
    Instant since;     ///< when it did
    double last = 0;   ///< its last sample
  };

  std::vector<bool> demands_met(bool in_last_batch) const;
  std::uint32_t add_entry(std::string_view key, std::string_view metric, const Labels& labels,
                          std::vector<std::uint32_t> demands);
  void restore_entry(std::string_view metric, const Labels& labels,
                     std::vector<std::uint32_t> demands, const State& state);
  bool take(const BatchSample& sample, bool is_histogram, BatchResult& result);
  void count(const BatchSample& sample, std::uint32_t last_batch, BatchResult& result);
  bool was_demanded(const Entry& entry) const;
  void rise_to(std::uint32_t series, const Counter& counter);
  void note_process_start(const Entry& entry, double start_seconds);
  void judge_irregular(BatchResult& result);
  void judge_processes(BatchResult& result);
  void continue_renamed(BatchResult& result);
  std::vector<NamedCounter> gone_counters() const;
  NamedCounter named(std::uint32_t series, double value) const;
  std::set<std::uint32_t> families_that_went_on(const BatchResult& result) const;
  void continue_as(const NamedCounter& gone, const IrregularSample& born, bool is_certain,
                   BatchResult& result);
  std::vector<SharedAddress::Reading> readings_of(const BatchResult& result) const;
  void watch_address(std::span<const SharedAddress::Reading> readings, BatchResult& result);
  ProcessFacts facts_of(std::uint32_t process, Instant now) const;
  bool is_new_process(const ProcessBook::Process& process) const;
  ProcessFacts::Start start_of(std::uint32_t process) const;
  void note_what_went_on(const BatchResult& result, std::map<std::uint32_t, ProcessFacts>& facts);
  void put_rises_in_doubt(std::uint32_t process, const ProcessJudgement& judgement,
                          BatchResult& result);
  void begin_again(std::uint32_t process, const ProcessJudgement& judgement, BatchResult& result);
  void apply(const IrregularSample& sample, SampleMeaning meaning, BatchResult& result);
  void bound_by_reads(const BatchSample& sample, std::size_t before, BatchResult& result);
  bool stood_at(Instant read, const Counter& counter) const;
  bool has_begun_again_since(std::uint32_t series) const;
  bool stands_for_long(const BatchSample& sample, Instant now);
  void end_series(BatchResult& result);
  void remove_entry(std::uint32_t index);
  void set_demands(Entry& entry, std::vector<std::uint32_t> demands);
  std::set<std::string> seen_and_counted_demands() const;
  void keep_seen_demands();
  void note_demands_seen();
  void find_new_demands();

  SourceOptions options_;
  std::shared_ptr<const Demand> demand_;
  std::set<std::string> seen_demands_;  ///< texts of the demands that the last batch had
  std::vector<bool> is_new_demand_;     ///< by demand id: not among seen_demands_

  std::vector<Entry> entries_;
  std::vector<State> states_;  ///< beside entries_
  std::vector<std::uint32_t> unused_;
  std::unordered_map<std::string, std::uint32_t, KeyedHash, std::equal_to<>> by_key_;
  std::set<std::vector<std::uint32_t>> demand_lists_;
  std::uint64_t series_version_ = 0;
  std::uint64_t removals_ = 0;

  std::uint32_t batches_ = 0;  ///< a restored book has had two
  std::optional<Instant> last_batch_;
  bool joined_ = false;    ///< last_batch_ is of other sources of the job
  std::size_t live_ = 0;   ///< series in the last batch
  std::size_t added_ = 0;  ///< series since the last batch
  Instant last_forgotten_{};

  ProcessBook processes_;
  SharedAddress address_;
  std::unordered_map<std::uint32_t, Low> low_;  ///< by series
  // Of the batch that is being recorded.
  std::vector<IrregularSample> irregular_;
  bool jumped_ = false;              ///< a counter rose by very much
  std::set<std::uint32_t> started_;  ///< processes of which the start is another one than before
};

}  // namespace slod
