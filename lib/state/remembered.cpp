#include "lib/state/remembered.h"

namespace slod {

bool Remembered::empty() const {
  return standings.empty() && levels.empty() && open_gaps.empty() && removals.empty() &&
         rule_marks.empty() && incidents.empty() && forwarded.empty();
}

}  // namespace slod
