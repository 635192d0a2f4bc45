#include "lib/config/receivers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

namespace slod::config {
namespace {

/// A text or the path of a file.
void read_value(Section& section, std::string_view key, alert::FieldType type, bool is_required,
                std::string& out) {
  const auto read = [&](const Scalar<std::string>& scalar) {
    if (is_required) {
      section.required(key, out, scalar);
    } else {
      section.optional(key, out, scalar);
    }
  };
  const auto read_file = [&](FileContent content) {
    if (is_required) {
      section.required_file(key, out, content);
    } else {
      section.optional_file(key, out, content);
    }
  };
  switch (type) {
    case alert::FieldType::url:
      return read(url());
    case alert::FieldType::private_url:
      return read(private_url());
    case alert::FieldType::base_url:
    case alert::FieldType::base_urls:
      return read(base_url());
    case alert::FieldType::secret_file:
      return read_file(FileContent::secret);
    case alert::FieldType::secret_url_file:
      return read_file(FileContent::secret_url);
  }
}

/// The URL to which `path` is appended must not have it already.
void check_base(Section& section, Mark mark, const std::string& url, std::string_view path) {
  const std::size_t at = url.find(path);
  if (at == std::string::npos) return;
  section.scope().error(mark,
                        fmt::format("expected a URL without {}, which slod appends, found \"{}\"; "
                                    "did you mean {}?",
                                    path, url, std::string_view(url).substr(0, at)));
}

void read_list(Section& section, std::string_view key, std::string_view path,
               std::vector<std::string>& out) {
  const std::vector<YamlNode>& items = section.list(key);
  for (const YamlNode& item : items) {
    std::string url;
    if (!section.read(item, url, base_url())) continue;
    if (std::ranges::find(out, url) != out.end()) {
      section.scope().error(item.mark, fmt::format("expected each URL once, found {} again", url));
      continue;
    }
    check_base(section, item.mark, url, path);
    out.push_back(std::move(url));
  }
  if (items.empty()) {
    section.scope().error(section.mark(key), "expected at least one URL, found none");
  }
}

template <class Kind>
void read_field(Section& section, const alert::Field<Kind>& field, bool is_required, Kind& kind) {
  if (field.type == alert::FieldType::base_urls) {
    if (section.take_required(field.key) == nullptr) return;
    return read_list(section, field.key, field.path, kind.*field.values);
  }
  std::string text = field.value == nullptr ? std::string() : kind.*field.value;
  read_value(section, field.key, field.type, is_required, text);
  if (!field.path.empty()) check_base(section, section.mark(field.key), text, field.path);
  if (field.value != nullptr) {
    kind.*field.value = std::move(text);
  } else {
    (kind.*field.values).push_back(std::move(text));
  }
}

/// The field that may be given instead of another.
template <class Kind>
std::optional<alert::Field<Kind>> alternative_to(std::string_view key) {
  for (const alert::Field<Kind>& field : Kind::fields()) {
    if (field.instead_of == key) return field;
  }
  return std::nullopt;
}

/// Whether TLS has a use: with a URL from a file it may have.
bool is_https(const alert::Alertmanager& kind) {
  return std::ranges::any_of(kind.urls,
                             [](const std::string& url) { return url.starts_with("https:"); });
}
bool is_https(const alert::Webhook& kind) {
  return !kind.url_file.empty() || kind.url.starts_with("https:");
}

template <class Kind>
alert::Endpoint read_kind(Scope& scope, const YamlNode& node, Access& access) {
  Section section(scope, node, std::string(Kind::name));
  Kind kind;
  for (const alert::Field<Kind>& field : Kind::fields()) {
    if (!field.instead_of.empty()) continue;
    const auto alternative = alternative_to<Kind>(field.key);
    if (!alternative) {
      read_field(section, field, field.is_required, kind);
    } else if (const auto given = section.take_one_of({field.key, alternative->key})) {
      read_field(section, given->first == 0 ? field : *alternative, true, kind);
    }
  }
  if constexpr (Kind::takes_access) access = read_access(section, is_https(kind));
  section.finish();
  return kind;
}

struct KindReader {
  std::string_view name;
  alert::Endpoint (*read)(Scope&, const YamlNode&, Access&);
};

std::vector<KindReader> kind_readers() {
  std::vector<KindReader> readers;
  alert::for_each_kind(
      [&readers]<class Kind>(const Kind&) { readers.push_back({Kind::name, read_kind<Kind>}); });
  return readers;
}

/// Each way to be let in, for a kind that takes one.
constexpr std::array<std::string_view, 3> access_specimens{
    "basic_auth: {username: u, password_file: f}\n        tls: {ca_file: f, cert_file: f, "
    "key_file: f, server_name: example.org}\n        proxy_url: http://example.org:3128",
    "authorization: {type: Bearer, credentials_file: f}", "bearer_token_file: f"};

std::string_view specimen_of(alert::FieldType type) {
  const bool is_file =
      type == alert::FieldType::secret_file || type == alert::FieldType::secret_url_file;
  if (type == alert::FieldType::base_urls) return "[https://example.org]";
  return is_file ? "f" : "https://example.org";
}

}  // namespace

void read_receiver(Scope& scope, const YamlNode& node, Draft& draft) {
  Section section(scope, node, "a receiver");
  alert::Receiver receiver;
  section.required("name", receiver.name, name());
  const std::vector<KindReader> readers = kind_readers();
  std::vector<std::string_view> kinds;
  kinds.reserve(readers.size());
  for (const KindReader& reader : readers) kinds.push_back(reader.name);
  if (const auto kind = section.take_one_of(kinds)) {
    Access access;
    receiver.endpoint = readers[kind->first].read(scope, *kind->second, access);
    if (access != Access{}) draft.config.alerting.access[receiver.name] = std::move(access);
  }
  if (auto fallback = section.section("fallback", "a fallback")) {
    receiver.fallback.emplace();
    fallback->required("receiver", receiver.fallback->receiver, name());
    fallback->required("after", receiver.fallback->after,
                       duration(std::chrono::seconds(1), std::chrono::days(1)));
    draft.fallbacks.emplace(receiver.name, Place{&scope, fallback->mark("receiver")});
    fallback->finish();
  }
  section.finish();
  if (!receiver.name.empty()) {
    note_once(draft.receivers, receiver.name, {&scope, section.mark("name")}, "a receiver");
  }
  draft.config.alerting.receivers.push_back(std::move(receiver));
}

void check_fallbacks(const Draft& draft) {
  std::map<std::string, std::string> next;
  for (const alert::Receiver& receiver : draft.config.alerting.receivers) {
    if (receiver.fallback) next[receiver.name] = receiver.fallback->receiver;
  }
  for (const auto& [name, place] : draft.fallbacks) {
    const std::string& fallback = next[name];
    if (fallback.empty()) continue;
    if (!draft.receivers.contains(fallback)) {
      place.error(fmt::format("expected the name of a receiver, found {}, which no receiver has",
                              fallback));
      continue;
    }
    std::string at = fallback;
    for (std::size_t steps = 0; steps <= next.size() && at != name && next.contains(at); ++steps) {
      at = next[at];
    }
    if (at != name) continue;
    place.error(
        fmt::format("expected a fallback that does not lead back to {}, found {}", name, fallback));
  }
}

std::string receivers_specimen() {
  std::string out;
  const auto add = [&out]<class Kind>(const Kind&, int variant, bool with_alternatives) {
    out += fmt::format("    - name: {}_{}\n      {}:\n", Kind::name, variant, Kind::name);
    for (const alert::Field<Kind>& field : Kind::fields()) {
      const bool is_left_out = with_alternatives ? alternative_to<Kind>(field.key).has_value()
                                                 : !field.instead_of.empty();
      if (!is_left_out) {
        out += fmt::format("        {}: {}\n", field.key, specimen_of(field.type));
      }
    }
    if (!Kind::takes_access) return;
    out += fmt::format("        {}\n", access_specimens[static_cast<std::size_t>(variant - 1)]);
  };
  alert::for_each_kind([&]<class Kind>(const Kind& kind) {
    add(kind, 1, false);
    if (!Kind::takes_access) return;
    add(kind, 2, true);
    add(kind, 3, false);
  });
  out += "      fallback: {receiver: pagerduty_1, after: 5m}\n";
  return out;
}

bool is_private_url(std::string_view kind, std::string_view key) {
  bool found = false;
  alert::for_each_kind([&]<class Kind>(const Kind&) {
    if (Kind::name != kind) return;
    for (const alert::Field<Kind>& field : Kind::fields()) {
      found |= field.key == key && field.type == alert::FieldType::private_url;
    }
  });
  return found;
}

}  // namespace slod::config
