// Finds the word and looks at what stands in front of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lsp/word.h"

#include <algorithm>
#include <optional>

namespace strowger::lsp {
namespace {

using Kind = Word::Kind;

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_dotted(char c) { return is_name(c) || c == '.' || c == '?'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Where a place lies: in a comment, in a string that begins at `quote`, or in code.
struct Where {
  bool comment = false;
  std::optional<std::size_t> quote;
};

Where where_is(std::string_view script, std::size_t offset) {
  Where where;
  for (std::size_t i = 0; i < offset;) {
    const char c = script[i];
    const char next = i + 1 < script.size() ? script[i + 1] : '\0';
    std::size_t end = i + 1;
    where = {};
    if ((c == '#' && next != '!') || (c == '/' && next == '/')) {
      end = std::min(script.find('\n', i), script.size());
      where.comment = true;
    } else if (c == '/' && next == '*') {
      const std::size_t close = script.find("*/", i + 2);
      end = close == std::string_view::npos ? script.size() : close + 2;
      where.comment = end > offset || close == std::string_view::npos;
    } else if (c == '"' || c == '\'') {
      while (end < script.size() && script[end] != c) end += c == '"' && script[end] == '\\' ? 2 : 1;
      end = std::min(end, script.size());
      if (end >= offset) where.quote = i;
      end = std::min(end + 1, script.size());
    }
    i = std::max(end, i + 1);
  }
  return where;
}

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the name at the end of `text`.
std::string_view take_last_name(std::string_view& text) {
  text = without_blanks_behind(text);
  std::size_t at = text.size();
  while (at > 0 && is_name(text[at - 1])) --at;
  const std::string_view name = text.substr(at);
  text = text.substr(0, at);
  return name;
}

/// The kind of block that a function's first argument names.
std::optional<RouteKind> names_route(std::string_view function, const modules::ModuleSet& modules) {
  if (function == "route") return kRequestRoute;
  for (const modules::Function* f : modules.functions_named(function)) {
    if (f->args.empty()) continue;
    switch (f->args[0].kind) {
      case modules::ArgKind::RouteFailure: return kFailureRoute;
      case modules::ArgKind::RouteBranch: return kBranchRoute;
      case modules::ArgKind::RouteReply: return kReplyRoute;
      case modules::ArgKind::RouteBranchFailure: return kBranchFailureRoute;
      case modules::ArgKind::RouteRequest: return kRequestRoute;
      default: break;
    }
  }
  return std::nullopt;
}

/// The module of `modparam("MODULE",` when `before` ends so.
std::optional<std::string> module_of_modparam(std::string_view before) {
  before = without_blanks_behind(before);
  if (!before.ends_with(',')) return std::nullopt;
  before = without_blanks_behind(before.substr(0, before.size() - 1));
  if (before.empty() || (before.back() != '"' && before.back() != '\'')) return std::nullopt;
  const char quote = before.back();
  before.remove_suffix(1);
  const std::size_t open = before.rfind(quote);
  if (open == std::string_view::npos) return std::nullopt;
  const std::string module(before.substr(open + 1));
  before = without_blanks_behind(before.substr(0, open));
  if (!before.ends_with('(')) return std::nullopt;
  before.remove_suffix(1);
  return take_last_name(before) == "modparam" ? std::optional(module) : std::nullopt;
}

void set(Word& word, std::string_view script, Kind kind, std::size_t begin, std::size_t end) {
  word.kind = kind;
  word.begin = begin;
  word.end = end;
  word.text = script.substr(begin, end - begin);
}

/// In a string or bare, where a function's first argument or a keyword's operand stands.
bool read_operand(Word& word, std::string_view script, std::size_t begin, std::size_t end, const modules::ModuleSet& modules) {
  const std::string_view before = script.substr(0, begin);
  if (const auto module = module_of_modparam(before)) {
    set(word, script, Kind::Parameter, begin, end);
    word.module = *module;
    return true;
  }
  std::string_view rest = without_blanks_behind(before);
  const bool called = rest.ends_with('(');
  if (called) rest.remove_suffix(1);
  const std::string_view function = take_last_name(rest);
  if (called) {
    if (function == "modparam") return set(word, script, Kind::Module, begin, end), true;
    const auto kind = names_route(function, modules);
    if (!kind) return false;
    set(word, script, Kind::Route, begin, end);
    word.route = *kind;
    return true;
  }
  if (function == "loadmodule" || function == "loadmodulex") return set(word, script, Kind::Module, begin, end), true;
  if (function == "include_file" || function == "import_file") return set(word, script, Kind::File, begin, end), true;
  return false;
}

/// "/usr/lib/x/tm.so" is tm.
void strip_module(Word& word) {
  const std::size_t slash = word.text.rfind('/');
  if (slash != std::string::npos) {
    word.text.erase(0, slash + 1);
    word.begin += slash + 1;
  }
  if (word.text.ends_with(".so")) {
    word.text.resize(word.text.size() - 3);
    word.end -= 3;
  }
}

}  // namespace

Word word_at(std::string_view script, std::size_t offset, const modules::ModuleSet& modules) {
  offset = std::min(offset, script.size());
  Word word;
  const Where where = where_is(script, offset);
  if (where.comment) return word;

  std::size_t begin = offset, end = offset;
  while (begin > 0 && is_dotted(script[begin - 1])) --begin;
  while (end < script.size() && is_dotted(script[end])) ++end;
  const auto is = [&](std::size_t back, char c) { return begin >= back && script[begin - back] == c; };
  if (is(1, '$') || (is(1, '(') && is(2, '$'))) {
    set(word, script, Kind::Variable, begin, end);
    return word;
  }
  if (is(1, '{') && (where.quote || script.substr(begin, end - begin).find('.') != std::string_view::npos)) {
    set(word, script, Kind::Transformation, begin, end);
    return word;
  }

  if (where.quote) {
    const std::size_t open = *where.quote;
    std::size_t close = script.find(script[open], open + 1);
    close = std::min({close, script.find('\n', open), script.size()});
    if (!read_operand(word, script, open, close, modules)) {
      set(word, script, Kind::Text, open + 1, close);
    } else {
      ++word.begin;
      word.text.erase(0, 1);
    }
    if (word.kind == Kind::Module) strip_module(word);
    return word;
  }

  begin = end = offset;
  while (begin > 0 && is_name(script[begin - 1])) --begin;
  while (end < script.size() && is_name(script[end])) ++end;
  if (read_operand(word, script, begin, end, modules) && word.kind == Kind::Route) return word;
  set(word, script, Kind::Name, begin, end);
  return word;
}

}  // namespace strowger::lsp
