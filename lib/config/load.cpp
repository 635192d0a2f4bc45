#include "lib/config/load.h"

#include <fmt/format.h>

#include <list>
#include <set>
#include <utility>

#include "lib/config/draft.h"
#include "lib/config/redacted.h"
#include "lib/text/utf8.h"

namespace slod::config {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// YAML is read as UTF-8 without control characters; yaml-cpp itself would guess other encodings.
bool is_text(Scope& scope, std::string_view text) {
  Mark mark;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool is_blank = byte == '\t' || byte == '\n' || byte == '\r';
    if (length == 0 || byte == 0x7F || (byte < 0x20 && !is_blank)) {
      scope.error(mark, fmt::format("expected text in UTF-8, found the byte 0x{:02x}",
                                    static_cast<unsigned>(byte)));
      return false;
    }
    mark = byte == '\n' ? Mark{mark.line + 1, 0}
                        : Mark{mark.line, mark.column + static_cast<int>(length)};
    at += length;
  }
  return true;
}

/// Notes each key that may come once in all files.
void note_given(Section& top, Draft& draft) {
  for (const std::string_view key :
       {"listen", "external_url", "state", "freeze", "alerting", "query"}) {
    if (top.take(key) == nullptr) continue;
    note_once(draft.given, std::string(key), {&top.scope(), top.key_mark(key)}, "the key");
  }
}

/// A null where there is nothing, or nothing that can be read.
YamlNode read_document(Scope& scope, std::string_view text) {
  if (text.size() > file_bytes_max) {
    scope.error({}, fmt::format("expected a file of at most {} bytes, found {}", file_bytes_max,
                                text.size()));
    return {};
  }
  if (!is_text(scope, text)) return {};
  return parse_document(text, scope);
}

/// A finding is one line, whatever bytes of a file it repeats: control characters are escaped.
std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      line += c;
    } else {
      line += c == '\n' ? "\\n" : fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
    }
  }
  return line;
}

/// The files while they are read: every scope lives as long as what refers to its places.
class Reading {
 public:
  explicit Reading(const Files& files) : files_(files) {}

  Scope& open(const std::string& file, std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return scopes_.emplace_back(texts_.emplace_back(file, std::string(text)), files_);
  }

  void read_configuration(const SourceText& source, Draft& draft) {
    Scope& scope = open(source.file, source.text);
    YamlNode root = read_document(scope, texts_.back().text);
    if (root.kind == YamlNode::Kind::null) return;
    draft.has_content = true;
    {
      Section top(scope, root, "a configuration");
      read_top(top, draft);
    }
    draft.documents.push_back(std::move(root));
  }

  void read_rule_files(Draft& draft) {
    std::set<std::string> read;
    for (const RulePattern& wanted : std::exchange(draft.rule_patterns, {})) {
      const auto paths = files_.match ? files_.match(wanted.pattern) : std::vector<std::string>{};
      // A file that is named and gone is a mistake; a pattern may match none yet.
      const bool is_pattern = wanted.pattern.find_first_of("*?[") != std::string::npos;
      if (paths.empty() && is_pattern) {
        wanted.place.warn(
            fmt::format("expected a pattern that some file matches, found {}, which "
                        "none does",
                        wanted.pattern));
      } else if (paths.empty()) {
        wanted.place.error(fmt::format(
            "expected a file of rules, or a pattern for such files, found {}, which is none",
            wanted.pattern));
      }
      for (const std::string& path : paths) {
        if (read.insert(path).second) read_rules_of(path, wanted.place, draft);
      }
    }
  }

  std::list<Scope>& scopes() { return scopes_; }

 private:
  void read_rules_of(const std::string& path, const Place& place, Draft& draft) {
    const auto text = files_.read(path);
    if (!text) {
      place.error(fmt::format("expected a file of rules that slod can read, found {}: {}", path,
                              text.error()));
      return;
    }
    Scope& scope = open(path, *text);
    const YamlNode root = read_document(scope, texts_.back().text);
    if (root.kind != YamlNode::Kind::null) {
      read_rule_file(scope, root, draft);
    } else if (scope.errors() == 0) {
      // A file that is just being written is empty too: a reload must not drop its rules for it.
      scope.error(root.mark, "expected a file of rules with groups, found nothing");
    }
  }

  const Files& files_;
  std::list<SourceText> texts_;
  std::list<Scope> scopes_;
};

void fill_defaults(Draft& draft, const Scope& first) {
  Config& config = draft.config;
  if (!draft.given.contains("state")) config.state = first.resolve(config.state);
  if (!draft.given.contains("external_url")) {
    config.external_url = "http://" + config.listen.text();
  }
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return {};
}

std::string to_text(const Diagnostic& diagnostic) {
  return on_one_line(fmt::format("{}:{}:{}: {}: {}", diagnostic.file, diagnostic.line,
                                 diagnostic.column, to_string(diagnostic.severity),
                                 diagnostic.message));
}

bool note_once(std::map<std::string, Place>& known, const std::string& name, Place place,
               std::string_view what) {
  const auto [first, is_new] = known.emplace(name, place);
  if (!is_new) {
    place.error(fmt::format("expected {} {} once, found it again; it is at {} already", what, name,
                            first->second.text()));
  }
  return is_new;
}

void read_top(Section& top, Draft& draft) {
  Config& config = draft.config;
  note_given(top, draft);
  top.optional("listen", config.listen, listen_address());
  top.optional("external_url", config.external_url, base_url());
  if (std::string state; top.optional("state", state, text()) && !state.empty()) {
    config.state = top.scope().resolve(state);
  }
  read_scrape(top, draft);
  read_prometheus(top, draft);
  read_services(top, draft);
  read_freeze(top, draft);
  read_alerting(top, draft);
  read_rules(top, draft);
  read_query(top, draft);
  top.finish();
}

LoadResult load(std::span<const SourceText> sources, const Files& files) {
  Reading reading(files);
  Draft draft;
  for (const SourceText& source : sources) reading.read_configuration(source, draft);
  std::list<Scope>& scopes = reading.scopes();
  if (!scopes.empty()) fill_defaults(draft, scopes.front());
  reading.read_rule_files(draft);
  finish_rules(draft);
  check_whole(draft);
  check_replica_labels(draft);
  check_routes(draft);
  LoadResult result;
  for (std::size_t i = 0; i < draft.slo_places.size(); ++i) {
    const SloPlaces& places = draft.slo_places[i];
    const Place threshold = places.threshold.value_or(places.sli);
    result.places.emplace(to_text(draft.config.slos[i].id()),
                          SliPlace{places.sli.text(), threshold.text()});
  }
  std::size_t errors = 0;
  for (const Scope& scope : scopes) errors += scope.errors();
  if (errors == 0 && !draft.has_content && !scopes.empty()) {
    // A file that is just being written is empty too: a reload must not drop every service for it.
    scopes.front().error({}, "expected a configuration with keys and values, found nothing");
    errors = 1;
  } else if (errors == 0 && draft.config.services.empty() && draft.config.rule_groups.empty() &&
             !scopes.empty()) {
    scopes.front().warn({}, "expected at least one service, found none");
  }
  for (Scope& scope : scopes) {
    for (Diagnostic& diagnostic : scope.take_diagnostics()) {
      const bool is_note = diagnostic.severity == Severity::note;
      (is_note ? result.notes : result.diagnostics).push_back(std::move(diagnostic));
    }
  }
  if (errors == 0) {
    draft.config.redacted = redacted(draft.documents);
    result.config = std::move(draft.config);
  }
  return result;
}

}  // namespace slod::config
