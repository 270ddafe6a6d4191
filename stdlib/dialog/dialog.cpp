// One dialog: its variables, and its name in our Record-Route.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dialog/dialog.h"

#include <algorithm>

namespace strowger::dialog {
namespace {

void put_reversed(std::uint32_t number, std::string& out) {
  do out += "0123456789abcdef"[number & 15U];
  while (number >>= 4U);
}

bool read_reversed(std::string_view digits, std::uint32_t& out) {
  if (digits.empty() || digits.size() > 8) return false;
  out = 0;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
    const char c = *at;
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (value < 0) return false;
    out = out << 4U | static_cast<std::uint32_t>(value);
  }
  return true;
}

}  // namespace

const std::string* Variables::find(std::string_view name) const {
  for (const auto& [key, value] : all)
    if (key == name) return &value;
  return nullptr;
}

bool Variables::set(std::string_view name, Text value) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == name; });
  if (value.is_null()) {
    if (found != all.end()) all.erase(found);
    return true;
  }
  if (value.len > kLongestValue || name.size() > kLongestValue) return false;
  if (found != all.end()) {
    found->second = value.view();
    return true;
  }
  if (all.size() >= kMost) return false;
  all.emplace(all.begin(), name, value.view());
  return true;
}

std::string print_did(const Dialog& dialog) {
  std::string out;
  put_reversed(dialog.h_entry, out);
  out += '.';
  put_reversed(dialog.h_id, out);
  return out;
}

bool parse_did(std::string_view text, Did& out) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && read_reversed(text.substr(0, dot), out.h_entry) && read_reversed(text.substr(dot + 1), out.h_id);
}

}  // namespace strowger::dialog
