#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace slod {

/// Creates the state file and its directory where absent, readable by the owner alone. Returns why
/// the file is none that SQLite may open; such a file is left as it is.
std::optional<std::string> look_before_opening(const std::filesystem::path& file);

/// What is wrong with the marks of a file, or nullopt where it is ours.
std::optional<std::string> check_marks(const std::filesystem::path& file, std::int64_t application,
                                       std::int64_t version);

/// That `file` is no SQLite file, and what to do.
std::string no_state_file(const std::filesystem::path& file);

/// What to do where slod may not write, to be appended to what it could not do.
std::string cure_of_rights();

/// Where the files of the state are, as opposed to what SQLite has open: a file that was removed or
/// replaced can still be written, and all that is written there is lost. It looks at names alone,
/// since closing any descriptor of the file would give up the locks that SQLite has on it.
class FilePlace {
 public:
  /// The files as they lie there now, which SQLite has just opened.
  explicit FilePlace(std::filesystem::path file);

  /// Error: what was opened is no longer there, what that means and what to do.
  std::expected<void, std::string> check();
  /// Whether the write-ahead log is the one that was there before.
  bool log_is_there();
  /// SQLite has made another log.
  void expect_new_log() { opened_log_.reset(); }

 private:
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;

    bool operator==(const Identity&) const = default;
  };

  static std::optional<Identity> identity_of(const std::filesystem::path& file);

  std::filesystem::path file_;
  std::filesystem::path log_;
  std::optional<Identity> opened_;
  std::optional<Identity> opened_log_;  ///< nullopt: none was seen yet
  off_t size_ = 0;                      ///< the largest seen: the file never shrinks
};

}  // namespace slod
