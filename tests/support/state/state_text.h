#pragma once

#include <string>
#include <vector>

#include "lib/state/changes.h"

namespace slod {

// Every field, one item a line, for comparing.
std::string text_of(const Restored& restored);
std::string text_of(const std::vector<OutboxRow>& rows);
std::string text_of(const std::vector<SentMessage>& messages);
std::string text_of(const std::vector<VerdictChange>& verdicts);
std::string text_of(const std::vector<EpisodeChange>& episodes);

}  // namespace slod
