#include "lib/state/outbox.h"

#include <utility>

namespace slod {

std::string_view to_string(OutboxState state) {
  switch (state) {
    case OutboxState::pending:
      return "pending";
    case OutboxState::delivered:
      return "delivered";
    case OutboxState::rejected:
      return "rejected";
  }
  std::unreachable();
}

}  // namespace slod
