#include "lib/config/load.h"

#include <fmt/format.h>

#include <list>
#include <utility>

#include "lib/config/draft.h"
#include "lib/promql/lexer.h"

namespace slod::config {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// YAML is read as UTF-8 without control characters; yaml-cpp itself would guess other encodings.
bool is_text(Scope& scope, std::string_view text) {
  Mark mark;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = promql::utf8_length(text.substr(at));
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

void read_top(Section& top, Draft& draft) {
  Config& config = draft.config;
  note_given(top, draft);
  top.optional("listen", config.listen, host_port(0));
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

void read_source(Scope& scope, std::string_view text, Draft& draft) {
  if (text.size() > file_bytes_max) {
    scope.error({}, fmt::format("expected a file of at most {} bytes, found {}", file_bytes_max,
                                text.size()));
    return;
  }
  if (!is_text(scope, text)) return;
  const YamlNode root = parse_document(text, scope);
  if (root.kind == YamlNode::Kind::null) return;
  draft.has_content = true;
  Section top(scope, root, "a configuration");
  read_top(top, draft);
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

LoadResult load(std::span<const SourceText> sources, const Files& files) {
  std::list<SourceText> texts;
  std::list<Scope> scopes;
  Draft draft;
  for (const SourceText& source : sources) {
    const bool marked = source.text.starts_with(byte_order_mark);
    const SourceText& text =
        texts.emplace_back(source.file, source.text.substr(marked ? byte_order_mark.size() : 0));
    read_source(scopes.emplace_back(text, files), text.text, draft);
  }
  if (!scopes.empty()) {
    fill_defaults(draft, scopes.front());
  }
  check_whole(draft);
  LoadResult result;
  for (std::size_t i = 0; i < draft.slo_places.size(); ++i) {
    result.places.emplace(draft.config.slos[i].id(), draft.slo_places[i].sli.text());
  }
  std::size_t errors = 0;
  for (const Scope& scope : scopes) errors += scope.errors();
  if (errors == 0 && !draft.has_content && !scopes.empty()) {
    // A file that is just being written is empty too: a reload must not drop every service for it.
    scopes.front().error({}, "expected a configuration with keys and values, found nothing");
    errors = 1;
  } else if (errors == 0 && draft.config.services.empty() && !scopes.empty()) {
    scopes.front().warn({}, "expected at least one service, found none");
  }
  for (Scope& scope : scopes) {
    for (Diagnostic& diagnostic : scope.take_diagnostics()) {
      const bool is_note = diagnostic.severity == Severity::note;
      (is_note ? result.notes : result.diagnostics).push_back(std::move(diagnostic));
    }
  }
  if (errors == 0) result.config = std::move(draft.config);
  return result;
}

}  // namespace slod::config
