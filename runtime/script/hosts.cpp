// The hosts file.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>
#include <fstream>
#include <iterator>

#include "runtime/script/resolve.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxHostNames = 4096;

std::string_view next_word(std::string_view& line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos) return line = {};
  const std::size_t end = std::min(line.find_first_of(" \t\r", start), line.size());
  const std::string_view word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}

}  // namespace

std::vector<HostName> parse_hosts(std::string_view text) {
  std::vector<HostName> names;
  while (!text.empty() && names.size() < kMaxHostNames) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const auto address = sip::parse_ip(next_word(line));
    if (!address) continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      std::string name(word);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      names.push_back({std::move(name), *address});
    }
  }
  return names;
}

std::vector<HostName> read_hosts(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};
  return parse_hosts(std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace strowger
