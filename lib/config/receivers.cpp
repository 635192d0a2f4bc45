#include "lib/config/receivers.h"

#include <fmt/format.h>

#include <vector>

namespace slod::config {
namespace {

void read_field(Section& section, std::string_view key, alert::FieldType type, bool is_required,
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
    case alert::FieldType::private_url:
      return read(url());
    case alert::FieldType::base_url:
      return read(base_url());
    case alert::FieldType::secret_file:
      return read_file(FileContent::secret);
    case alert::FieldType::secret_url_file:
      return read_file(FileContent::secret_url);
  }
}

/// The URL to which `path` is appended must not have it already.
void check_base(Section& section, std::string_view key, const std::string& url,
                std::string_view path) {
  const std::size_t at = url.find(path);
  if (at == std::string::npos) return;
  section.scope().error(section.mark(key),
                        fmt::format("expected a URL without {}, which slod appends, found \"{}\"; "
                                    "did you mean {}?",
                                    path, url, std::string_view(url).substr(0, at)));
}

template <class Kind>
alert::Endpoint read_kind(Scope& scope, const YamlNode& node) {
  Section section(scope, node, std::string(Kind::name));
  Kind kind;
  for (const alert::Field<Kind>& field : Kind::fields()) {
    read_field(section, field.key, field.type, field.is_required, kind.*field.value);
    if (!field.path.empty()) check_base(section, field.key, kind.*field.value, field.path);
  }
  section.finish();
  return kind;
}

struct KindReader {
  std::string_view name;
  alert::Endpoint (*read)(Scope&, const YamlNode&);
};

std::vector<KindReader> kind_readers() {
  std::vector<KindReader> readers;
  alert::for_each_kind(
      [&readers]<class Kind>(const Kind&) { readers.push_back({Kind::name, read_kind<Kind>}); });
  return readers;
}

std::string_view specimen_of(alert::FieldType type) {
  const bool is_file =
      type == alert::FieldType::secret_file || type == alert::FieldType::secret_url_file;
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
    receiver.endpoint = readers[kind->first].read(scope, *kind->second);
  }
  section.finish();
  if (!receiver.name.empty()) {
    note_once(draft.receivers, receiver.name, {&scope, section.mark("name")}, "a receiver");
  }
  draft.config.alerting.receivers.push_back(std::move(receiver));
}

std::string receivers_specimen() {
  std::string out;
  alert::for_each_kind([&out]<class Kind>(const Kind&) {
    out += fmt::format("    - name: {}\n      {}:\n", Kind::name, Kind::name);
    for (const alert::Field<Kind>& field : Kind::fields()) {
      out += fmt::format("        {}: {}\n", field.key, specimen_of(field.type));
    }
  });
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
