#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/rules/evaluation.h"
#include "lib/rules/group.h"
#include "lib/rules/status.h"
#include "lib/rules/stored_alert.h"
#include "lib/time/instant.h"

namespace slod {

/// The rule groups of the configuration: when each of them is due, and what it remembers.
/// Not thread-safe.
class RuleGroups {
 public:
  using Groups = std::vector<std::shared_ptr<const rules::Group>>;

  /// What no rule asks for now.
  struct Dropped {
    std::vector<rules::StoredAlert> alerts;  ///< pending and firing, as they were
    std::vector<Labels> series;              ///< that were written
  };

  /// Rules of the same group, name and labels go on with what they remember. Groups that are new or
  /// ask for something else wait until `sources` were tried.
  Dropped configure(Groups groups, const std::vector<std::string>& sources, Instant now);

  /// Resumes an alert from before a restart; `down_at` is when it was evaluated last. False: there
  /// is no rule for it. It shows in statuses() from finish_restore() on.
  bool restore(const rules::StoredAlert& stored, Instant down_at, Instant now);

  void finish_restore() { publish(); }

  /// A source was read, or could not be.
  void tried(const std::string& source);

  /// One evaluation that is due. `state` is what evaluate() goes on with.
  struct Due {
    std::shared_ptr<const rules::Group> group;
    Instant at;
    rules::GroupState state;
  };
  /// Of each group the last that is due by `now`; those before it are missed. A group whose
  /// evaluation is not taken back yet is not due.
  std::vector<Due> take_due(Instant now);
  /// Takes back what a group remembers after an evaluation. False: the configuration changed since,
  /// and the evaluation counts for nothing.
  bool apply(const std::shared_ptr<const rules::Group>& group, rules::GroupState state);

  /// An evaluation came to nothing: the group goes on with what it remembers, and is evaluated
  /// again when it is due next.
  void fail(const std::shared_ptr<const rules::Group>& group);

  /// As of the last evaluation, in the order of the configuration.
  const std::vector<std::shared_ptr<const rules::GroupStatus>>& statuses() const {
    return statuses_;
  }
  /// An alert that is pending or firing, with its rule, and when it was last seen to be so.
  struct ActiveAlert {
    rules::StoredAlert stored;
    Instant evaluated;
  };
  std::vector<ActiveAlert> active() const;
  /// When each group with pending or firing alerts was evaluated last, by its id.
  std::map<std::string, Instant> marks() const;
  /// Since the start.
  struct Figures {
    std::uint64_t missed = 0;  ///< evaluations of groups that were left out because they were late
    std::uint64_t failures = 0;  ///< evaluations of rules that failed
  };
  const Figures& figures() const { return figures_; }

  /// The longest that the first evaluation waits for sources that are not read.
  static constexpr Duration wait_most = std::chrono::minutes(1);
  /// The longest that an alert from before a restart is held.
  static constexpr Duration held_most = std::chrono::minutes(10);

 private:
  struct Entry {
    std::shared_ptr<const rules::Group> group;
    rules::GroupState state;
    Instant next;             ///< the time of the next evaluation
    bool is_out = false;      ///< taken and not taken back
    bool waits = true;        ///< for the sources
    bool is_matched = false;  ///< in a reload: with that of the same group
  };

  Entry* entry_of(const rules::StoredAlert& stored);
  void match(Entry& entry, std::vector<Entry>& before, bool by_name, Instant now);
  void continue_from(Entry& entry, Entry& before, Instant now);
  void hold(const rules::Group& group, const rules::Rule& rule, rules::AlertStatus& alert,
            Instant now) const;
  bool sources_were_tried(Instant now) const;
  void publish();

  Groups groups_;
  std::vector<Entry> entries_;        ///< as groups_
  std::map<std::string, int> tries_;  ///< by source, since configure()
  Instant configured_at_{};
  Figures figures_;
  std::vector<std::shared_ptr<const rules::GroupStatus>> statuses_;
};

/// When a group is evaluated: at whole intervals since 1970, shifted so that not all groups come at
/// once, but each at the same times on every node. The first that is not before `at`.
Instant evaluation_slot(const rules::Group& group, Instant at);

}  // namespace slod
