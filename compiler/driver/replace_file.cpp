// Replaces a file by rename().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/replace_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace strowger::driver {

std::string replace_file(const std::string& path, const std::string& content) {
  std::error_code error;
  const std::string target = std::filesystem::canonical(path, error).string();
  if (error) return error.message();
  struct stat status = {};
  if (::stat(target.c_str(), &status) != 0) return std::strerror(errno);
  std::string next = target + ".XXXXXX";
  const int descriptor = ::mkstemp(next.data());
  std::FILE* file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb");
  if (!file) return std::strerror(errno);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const bool kept_mode = ::fchmod(::fileno(file), status.st_mode & 07777) == 0;
  const bool closed = std::fclose(file) == 0;
  if (written && kept_mode && closed && std::rename(next.c_str(), target.c_str()) == 0) return {};
  const std::string why = std::strerror(errno);
  ::unlink(next.c_str());
  return why;
}

}  // namespace strowger::driver
