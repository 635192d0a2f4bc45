#include <fmt/format.h>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

/// Whether it is written.
bool read_memory(Section& section, std::string_view key, std::uint64_t& memory_bytes) {
  if (!section.optional(key, memory_bytes, bytes())) return false;
  constexpr std::uint64_t least = 1 << 20;
  if (memory_bytes < least) {
    section.scope().error(
        section.mark(key),
        fmt::format("expected at least 1MiB of memory, found {} bytes", memory_bytes));
  }
  return true;
}

void read_memory_of_queries(Section& section, Query& query) {
  const bool has_one = read_memory(section, "query_memory", query.query_bytes_max);
  const bool has_all = read_memory(section, "all_queries_memory", query.all_queries_bytes_max);
  if ((!has_one && !has_all) || query.all_queries_bytes_max >= query.query_bytes_max) return;
  section.scope().error(
      section.mark(has_all ? "all_queries_memory" : "query_memory"),
      fmt::format("expected all_queries_memory of at least query_memory, found {} and {} bytes",
                  query.all_queries_bytes_max, query.query_bytes_max));
}

}  // namespace

void read_query(Section& top, Draft& draft) {
  auto section = top.section("query", "query");
  if (!section) return;
  Query& query = draft.config.query;
  section->optional("retention", query.retention,
                    duration(std::chrono::minutes(5), std::chrono::days(30)));
  read_memory(*section, "memory", query.memory_bytes);
  read_memory_of_queries(*section, query);
  section->optional("timeout", query.timeout,
                    duration(std::chrono::seconds(1), std::chrono::hours(1)));
  if (section->optional("concurrency", query.concurrency, whole_number(1))) {
    constexpr std::uint64_t most = 100;
    if (query.concurrency > most) {
      section->scope().error(section->mark("concurrency"),
                             fmt::format("expected at most {} queries at the same time, found {}",
                                         most, query.concurrency));
    }
  }
  section->finish();
}

}  // namespace slod::config
