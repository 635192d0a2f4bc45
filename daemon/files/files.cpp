#include "daemon/files/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace slod {

namespace {

/// Closes what was opened.
class Descriptor {
 public:
  explicit Descriptor(int opened) : opened_(opened) {}
  ~Descriptor() { ::close(opened_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

 private:
  int opened_;
};

/// What a file is that is not a regular one; empty: it is one.
std::string_view other_kind(mode_t mode) {
  if (S_ISREG(mode)) return {};
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe, not a regular file";
  if (S_ISSOCK(mode)) return "a socket, not a regular file";
  return "a device, not a regular file";
}

std::expected<std::string, std::string> read_all(int descriptor, std::size_t bytes_max) {
  std::string bytes(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(std::strerror(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > bytes_max) return std::unexpected(fmt::format("more than {} bytes", bytes_max));
  bytes.resize(size);
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

std::string why_not_regular(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::strerror(errno);
  return std::string(other_kind(status.st_mode));
}

std::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max) {
  // Asked before it is opened, since that alone may move a tape or wake whoever has the other end
  // of a pipe; and again after it, since another file may have come into its place.
  if (auto why = why_not_regular(path); !why.empty()) return std::unexpected(std::move(why));
  const int opened = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (opened < 0) return std::unexpected(std::strerror(errno));
  const Descriptor closing(opened);
  struct stat status{};
  if (::fstat(opened, &status) != 0) return std::unexpected(std::strerror(errno));
  if (const auto kind = other_kind(status.st_mode); !kind.empty()) {
    return std::unexpected(std::string(kind));
  }
  return read_all(opened, bytes_max);
}

std::expected<std::string, std::string> read_secret(const std::string& path) {
  auto secret = read_file(path, 64 << 10);
  if (!secret) return std::unexpected(fmt::format("cannot read {}: {}", path, secret.error()));
  while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
  if (secret->empty()) return std::unexpected(fmt::format("{} is empty", path));
  return secret;
}

std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), GLOB_MARK, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string_view path = found.gl_pathv[i];
      if (!path.ends_with('/')) files.emplace_back(path);
    }
  }
  globfree(&found);
  return files;
}

}  // namespace slod
