#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/document.h"
#include "lib/config/load.h"

namespace slod::config {

class Recording;

/// What a file that the configuration names must hold.
enum class FileContent {
  anything,    ///< but nothing, and blanks
  secret,      ///< one line
  secret_url,  ///< one line, which is a URL
};

/// One file while it is read: turns places into what editors show, collects what is found, and
/// resolves and opens the files that it names. `source` and `files` must outlive it.
class Scope final : public DocumentErrors {
 public:
  Scope(const SourceText& source, const Files& files);

  void error(Mark mark, std::string message) override;
  void warn(Mark mark, std::string message);
  void note(Mark mark, std::string message);
  /// An error at byte `offset` of a scalar: at its very place where that can be told (not in quotes
  /// over several lines), else at the start of the scalar with the offset in the message.
  void error_inside(const YamlNode& scalar, std::size_t offset, std::string message);

  /// "slod.yaml:12:5", to refer to another place in a message.
  std::string place(Mark mark) const;
  /// `path` as seen from this file's directory.
  std::string resolve(std::string_view path) const;
  /// Reports, at `mark`, a file that cannot be read or does not hold what it should. Shows nothing
  /// of what it holds.
  void check_file(Mark mark, const std::string& path, FileContent content);

  /// Notes what is read from now on; for the schema. It must outlive the scope.
  void record(Recording* recording) { recording_ = recording; }
  /// Null: nothing is recorded.
  Recording* recording() const { return recording_; }

  /// Its path as it was given.
  const std::string& file() const { return source_.file; }
  std::size_t errors() const { return errors_; }
  /// Everything found, sorted by place.
  std::vector<Diagnostic> take_diagnostics();

 private:
  void report(Mark mark, Severity severity, std::string message);
  std::string_view line(int number) const;

  const SourceText& source_;
  const Files& files_;
  std::vector<std::size_t> line_starts_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0;
  Recording* recording_ = nullptr;
};

}  // namespace slod::config
