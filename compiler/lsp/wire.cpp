// Reads and writes framed messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lsp/wire.h"

#include <charconv>
#include <string_view>

#include <llvm/Support/raw_ostream.h>

namespace strowger::lsp {

std::optional<std::string> read_message(std::istream& in) {
  constexpr std::string_view kLength = "content-length:";
  std::optional<std::size_t> length;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) {
      if (!length || *length > kLongestMessage) return std::nullopt;
      std::string body(*length, '\0');
      if (!in.read(body.data(), static_cast<std::streamsize>(body.size()))) return std::nullopt;
      return body;
    }
    if (line.size() < kLength.size() || !llvm::StringRef(line).starts_with_insensitive(kLength)) continue;
    std::string_view digits = std::string_view(line).substr(kLength.size());
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    length = number;
  }
  return std::nullopt;
}

void write_message(std::ostream& out, const llvm::json::Value& message) {
  std::string body;
  llvm::raw_string_ostream(body) << message;
  out << "Content-Length: " << body.size() << "\r\n\r\n" << body << std::flush;
}

}  // namespace strowger::lsp
