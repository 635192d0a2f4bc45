#include "daemon/store/sqlite/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/store/sqlite/schema.h"

namespace slod {
namespace {

constexpr std::size_t header_bytes = 100;

std::filesystem::path log_of(const std::filesystem::path& file) {
  return file.string() + "-wal";
}

std::string system_failure(std::string_view tried, const std::filesystem::path& path) {
  const int code = errno;
  std::string text =
      fmt::format("cannot {} {}: {}", tried, path.string(), std::generic_category().message(code));
  if (code == EACCES || code == EPERM || code == EROFS) return text + cure_of_rights();
  if (code == ENOSPC || code == EDQUOT)
    return text + ": make room there, or name another one with --state";
  return text + ": name another state directory with --state";
}

/// What a file is beside its name, without opening it: closing any descriptor of it would give up
/// the locks of SQLite's.
std::optional<struct stat> status_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return status;
}

/// That changes lie in the log beside a state file that is not there or has nothing: SQLite would
/// throw them away.
std::optional<std::string> check_orphaned_log(const std::filesystem::path& file) {
  const auto log = status_of(log_of(file));
  if (!log || log->st_size == 0) return std::nullopt;
  const auto state = status_of(file);
  if (state && state->st_size > 0) return std::nullopt;
  return fmt::format(
      "{} is {}, and {} beside it holds changes that belong to it: put a copy of the state file in "
      "its place, or move {} away to start with none",
      file.string(), state ? "empty" : "missing", log_of(file).string(), log_of(file).string());
}

/// That slod may not write the file or its directory, which SQLite says in riddles.
std::optional<std::string> why_not_writable(const std::filesystem::path& file) {
  const std::filesystem::path directory = file.has_parent_path() ? file.parent_path() : ".";
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return system_failure("write to", directory);
  }
  if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    return system_failure("write", file);
  }
  return std::nullopt;
}

/// As check_marks, from the first bytes of the file: SQLite is not asked, because opening a file
/// may recover it, and one that is not ours is left as it is. Only the marks are looked at: after
/// a crash the pages behind them may be half written, which SQLite repairs. Where they are
/// comes from https://www.sqlite.org/fileformat2.html, "The Database Header".
std::optional<std::string> check_header(const std::filesystem::path& file,
                                        std::span<const unsigned char> header) {
  constexpr std::string_view magic("SQLite format 3\0", 16);
  constexpr std::size_t version_at = 60;
  constexpr std::size_t application_at = 68;
  if (header.size() < header_bytes || !std::equal(magic.begin(), magic.end(), header.begin())) {
    return no_state_file(file);
  }
  const auto big_endian = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (const unsigned char byte : header.subspan(at, 4)) value = value << 8U | byte;
    return static_cast<std::int32_t>(value);
  };
  return check_marks(file, big_endian(application_at), big_endian(version_at));
}

}  // namespace

std::optional<std::string> look_before_opening(const std::filesystem::path& file) {
  const std::filesystem::path directory = file.parent_path();
  std::error_code error;
  if (!directory.empty() && !std::filesystem::exists(directory, error)) {
    std::filesystem::create_directories(directory.parent_path(), error);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
      return system_failure("create the state directory", directory);
    }
  }
  if (auto orphaned = check_orphaned_log(file)) return orphaned;
  if (const auto status = status_of(file);
      status && !S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode)) {
    return no_state_file(file);
  }
  const int descriptor =
      ::open(file.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  if (descriptor < 0) return system_failure("open", file);
  std::array<unsigned char, header_bytes> header{};
  const ssize_t size = ::pread(descriptor, header.data(), header.size(), 0);
  std::optional<std::string> wrong;
  if (size < 0) {
    wrong = system_failure("read", file);
  } else if (size > 0) {  // an empty file is a new one
    wrong = check_header(file, std::span(header).first(static_cast<std::size_t>(size)));
  }
  ::close(descriptor);
  return wrong ? wrong : why_not_writable(file);
}

std::string no_state_file(const std::filesystem::path& file) {
  return fmt::format(
      "{} is not a state file of slod (it is no SQLite file): move it away, or name another state "
      "directory",
      file.string());
}

std::string cure_of_rights() {
  return fmt::format(
      ": let the user that runs slod (uid {}) read and write the state directory, on a file system "
      "that is not mounted read-only, or name another one with --state",
      ::geteuid());
}

std::optional<std::string> check_marks(const std::filesystem::path& file, std::int64_t application,
                                       std::int64_t version) {
  if (application != application_id) {
    return fmt::format(
        "{} is an SQLite file of another program (application_id {}, expected {}): move it away, "
        "or name another state directory",
        file.string(), application, application_id);
  }
  if (version < schema_version_least || version > schema_version) {
    return fmt::format(
        "{} was written by another version of slod (schema {}, this one knows {} to {}): start the "
        "slod that wrote it, or name another state directory",
        file.string(), version, schema_version_least, schema_version);
  }
  return std::nullopt;
}

FilePlace::FilePlace(std::filesystem::path file) : file_(std::move(file)), log_(log_of(file_)) {
  opened_ = identity_of(file_);
  log_is_there();
}

std::optional<FilePlace::Identity> FilePlace::identity_of(const std::filesystem::path& file) {
  return status_of(file).transform([](const struct stat& status) {
    return Identity{.device = status.st_dev, .inode = status.st_ino};
  });
}

std::expected<void, std::string> FilePlace::check() {
  const auto lost = [this](std::string_view what, std::string_view cure) {
    return std::unexpected(
        fmt::format("{} {} while slod runs: what it counts since is kept in memory alone, and gone "
                    "when it ends; {}",
                    file_.string(), what, cure));
  };
  const auto status = status_of(file_);
  if (!status && (errno == ENOENT || errno == ENOTDIR)) {
    return lost("was removed", "put the file back, or restart slod, which then starts with none");
  }
  if (!status) {
    return lost(
        fmt::format("cannot be found any longer ({})", std::generic_category().message(errno)),
        "let slod find it again");
  }
  if (opened_ != Identity{.device = status->st_dev, .inode = status->st_ino}) {
    return lost("was replaced by another file",
                "put the one before back, or restart slod, which then goes on with the other");
  }
  if (status->st_size < size_) {
    return lost("was cut short", "put a copy in its place and restart slod");
  }
  size_ = status->st_size;
  return {};
}

bool FilePlace::log_is_there() {
  const auto found = identity_of(log_);
  if (!opened_log_) opened_log_ = found;
  return found == opened_log_;
}

}  // namespace slod
