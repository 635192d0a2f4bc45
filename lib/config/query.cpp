#include <fmt/format.h>

#include "lib/config/draft.h"

namespace slod::config {

void read_query(Section& top, Draft& draft) {
  auto section = top.section("query", "query");
  if (!section) return;
  Query& query = draft.config.query;
  section->optional("retention", query.retention,
                    duration(std::chrono::minutes(5), std::chrono::days(30)));
  if (section->optional("memory", query.memory_bytes, bytes())) {
    constexpr std::uint64_t least = 1 << 20;
    if (query.memory_bytes < least) {
      section->scope().error(
          section->mark("memory"),
          fmt::format("expected at least 1MiB of memory, found {} bytes", query.memory_bytes));
    }
  }
  section->finish();
}

}  // namespace slod::config
