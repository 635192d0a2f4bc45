#include "lib/slo/sli/pending_counts.h"

namespace slod {

void PendingCounts::add(Role role, double le, double events) {
  switch (role) {
    case Role::total:
      total += events;
      return;
    case Role::good:
      good += events;
      return;
    case Role::bad:
      bad += events;
      return;
    case Role::bucket:
      buckets.count(le, events);
      return;
    case Role::value:
      return;
  }
}

}  // namespace slod
