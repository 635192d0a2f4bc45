#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace slod {

/// The whole content of a regular file of at most `bytes_max` bytes, or why it cannot be read,
/// without the path: "No such file or directory". Anything else, such as a pipe, is refused at
/// once, since it could let its reader wait for ever.
std::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max);

/// Why `path` is no regular file: "a pipe, not a regular file", or that it is absent; empty: it is
/// one.
std::string why_not_regular(const std::string& path);

/// A secret: the content of a file without the line feed at its end. It must not be empty.
std::expected<std::string, std::string> read_secret(const std::string& path);

/// The files, not directories, that a pattern of the shell's (*, ?, [...]) means, sorted. A pattern
/// without any of these means the file of that name, if there is one.
std::vector<std::string> matching_files(const std::string& pattern);

}  // namespace slod
