#pragma once

#include <memory>
#include <span>

#include "lib/rules/group.h"
#include "lib/time/instant.h"

namespace slod {

/// How long samples must have been gathered before the rule's expression says the same as ever: its
/// ranges and shifts, and those of the rules that record what it looks at.
Duration samples_needed(const rules::Rule& rule,
                        std::span<const std::shared_ptr<const rules::Group>> groups);

}  // namespace slod
