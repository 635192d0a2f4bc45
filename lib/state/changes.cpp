#include "lib/state/changes.h"

namespace slod {

bool Changes::empty() const {
  return slos.empty() && slos_forgotten.empty() && sources.empty() && sources_forgotten.empty() &&
         episodes.empty() && outbox.empty() && verdicts.empty() && remembered.empty();
}

}  // namespace slod
