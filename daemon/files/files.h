#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace slod {

/// The whole content of a file of at most `bytes_max` bytes, or why it cannot be read, without the
/// path: "no such file or directory".
std::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max);

/// As read_file, of a regular file only: another, such as a pipe, can let its reader wait for ever.
std::expected<std::string, std::string> read_regular_file(const std::string& path,
                                                          std::size_t bytes_max);

/// A secret: the content of a file without the line feed at its end. It must not be empty.
std::expected<std::string, std::string> read_secret(const std::string& path);

/// The files, not directories, that a pattern of the shell's (*, ?, [...]) means, sorted. A pattern
/// without any of these means the file of that name, if there is one.
std::vector<std::string> matching_files(const std::string& pattern);

}  // namespace slod
