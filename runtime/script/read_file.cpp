// Files of the configuration.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/read_file.h"

#include <fstream>

namespace strowger {

std::optional<std::string> read_file(const std::string& path, std::size_t most) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
  if (size < 0 || static_cast<std::size_t>(size) > most) return std::nullopt;
  std::string content(static_cast<std::size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(content.data(), size)) return std::nullopt;
  return content;
}

}  // namespace strowger
