// POSIX extended patterns on RE2.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <re2/re2.h>

#include <cctype>

#include "runtime/script/regex.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxPattern = 4096;
constexpr int kMaxGroups = 10;

void put_literal(std::string& out, unsigned char c) {
  if (std::ispunct(c)) out += '\\';
  out += static_cast<char>(c);
}

/// One member of a bracket expression at `at`; ranges need single bytes.
bool bracket_byte(std::string_view p, std::size_t& at, unsigned char& byte, std::string& why) {
  if (p[at] == '[' && at + 1 < p.size() && (p[at + 1] == '.' || p[at + 1] == '=')) {
    const std::size_t end = p.find(std::string{p[at + 1], ']'}, at + 2);
    if (end == std::string_view::npos || end != at + 3) {
      why = "Invalid collation character";
      return false;
    }
    byte = static_cast<unsigned char>(p[at + 2]);
    at = end + 2;
    return true;
  }
  byte = static_cast<unsigned char>(p[at++]);
  return true;
}

/// `at` is behind the '['.
bool translate_bracket(std::string_view p, std::size_t& at, bool newline, std::string& out, std::string& why) {
  out += '[';
  if (at < p.size() && p[at] == '^') {
    out += '^';
    ++at;
    if (newline) out += "\\n";
  }
  for (bool first = true;; first = false) {
    if (at >= p.size()) {
      why = "Unmatched [, [^, [:, [., or [=";
      return false;
    }
    if (p[at] == ']' && !first) {
      ++at;
      out += ']';
      return true;
    }
    if (p[at] == '[' && at + 1 < p.size() && p[at + 1] == ':') {
      const std::size_t end = p.find(":]", at + 2);
      if (end == std::string_view::npos) {
        why = "Unmatched [, [^, [:, [., or [=";
        return false;
      }
      out += p.substr(at, end + 2 - at);
      at = end + 2;
      continue;
    }
    unsigned char low = 0;
    if (!bracket_byte(p, at, low, why)) return false;
    put_literal(out, low);
    if (at + 1 < p.size() && p[at] == '-' && p[at + 1] != ']') {
      ++at;
      unsigned char high = 0;
      if (!bracket_byte(p, at, high, why)) return false;
      if (high < low) {
        why = "Invalid range end";
        return false;
      }
      out += '-';
      put_literal(out, high);
    }
  }
}

class Re2Pattern final : public Pattern {
 public:
  Re2Pattern(const std::string& text, const RE2::Options& options) : re(text, options) {}
  bool matches(Text subject) const override { return search(subject, 0, nullptr, 0); }
  bool search(Text subject, std::size_t from, Text* groups, int count) const override;
  RE2 re;
};

bool Re2Pattern::search(Text subject, std::size_t from, Text* groups, int count) const {
  const std::string_view view = subject.is_null() ? std::string_view("") : subject.view();
  if (from > view.size()) return false;
  re2::StringPiece found[kMaxGroups];
  const int wanted = count > kMaxGroups ? kMaxGroups : count;
  if (!re.Match(re2::StringPiece(view.data(), view.size()), from, view.size(), RE2::UNANCHORED, found, wanted)) return false;
  for (int i = 0; i < count; ++i)
    groups[i] = i < wanted && found[i].data() ? Text(found[i].data(), found[i].size()) : Text::null();
  return true;
}

}  // namespace

bool translate_pattern(Text pattern, bool newline, std::string& out, std::string& why) {
  const std::string_view p = pattern.view();
  out.clear();
  int depth = 0;
  for (std::size_t at = 0; at < p.size();) {
    const char c = p[at++];
    if (c == '\\') {
      if (at >= p.size()) {
        why = "Trailing backslash";
        return false;
      }
      const char escaped = p[at++];
      if (escaped >= '1' && escaped <= '9') {
        why = "back-references are not supported";
        return false;
      }
      switch (escaped) {
        case 'w': case 'W': case 's': case 'S': case 'b': case 'B': out += '\\'; out += escaped; break;
        case '<': case '>': out += "\\b"; break;
        case '`': out += newline ? "\\A" : "^"; break;
        case '\'': out += newline ? "\\z" : "$"; break;
        default: put_literal(out, static_cast<unsigned char>(escaped));
      }
    } else if (c == '[') {
      if (!translate_bracket(p, at, newline, out, why)) return false;
    } else if (c == '(') {
      ++depth;
      out += c;
    } else if (c == ')') {
      if (depth == 0) {
        out += "\\)";
      } else {
        --depth;
        out += c;
      }
    } else if (c == '{' && at < p.size() && p[at] == ',') {
      out += "{0";
    } else if (c == '.') {
      out += newline ? "[^\\x00\\n]" : "[^\\x00]";
    } else {
      out += c;
    }
  }
  if (depth != 0) {
    why = "Unmatched ( or \\(";
    return false;
  }
  return true;
}

std::unique_ptr<Pattern> Pattern::compile(Text pattern, Flags flags, std::string& why) {
  if (pattern.len > kMaxPattern) {
    why = "longer than 4096 bytes";
    return nullptr;
  }
  std::string text;
  if (!translate_pattern(pattern, flags.newline, text, why)) return nullptr;
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_posix_syntax(true);
  options.set_longest_match(true);
  options.set_log_errors(false);
  options.set_perl_classes(true);
  options.set_word_boundary(true);
  options.set_case_sensitive(!flags.ignore_case);
  options.set_one_line(!flags.newline);
  options.set_dot_nl(!flags.newline);
  auto compiled = std::make_unique<Re2Pattern>(text, options);
  if (!compiled->re.ok()) {
    why = compiled->re.error();
    return nullptr;
  }
  return compiled;
}

bool compile_regex(const Regex& regex, std::string& why) {
  regex.compiled = Pattern::compile(regex.pattern, {regex.ignore_case != 0, regex.newline != 0}, why).release();
  return regex.compiled != nullptr;
}

}  // namespace strowger
