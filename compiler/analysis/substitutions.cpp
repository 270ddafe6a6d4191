// Substitution arguments: "/re/repl/flags" with any delimiter, \1 groups and variables in the replacement.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"
#include "runtime/abi/subst_syntax.h"

namespace strowger::analysis {
namespace {

using Part = program::SubstConstant::Part;

/// Groups of a pattern: its unescaped opening parentheses outside of brackets.
int groups_in(std::string_view pattern) {
  int groups = 0;
  bool in_brackets = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && !in_brackets)
      ++i;
    else if (in_brackets)
      in_brackets = pattern[i] != ']';
    else if (pattern[i] == '[') {
      in_brackets = true;
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') ++i;
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') ++i;
    } else if (pattern[i] == '(')
      ++groups;
  }
  return groups;
}

void add_literal(std::vector<Part>& parts, std::string_view text) {
  if (text.empty()) return;
  if (!parts.empty() && parts.back().is_literal) {
    parts.back().literal += text;
    return;
  }
  Part part;
  part.literal = std::string(text);
  parts.push_back(std::move(part));
}

/// A stretch without backslashes: literal text and variables.
bool add_format(Context& context, std::vector<Part>& parts, std::string_view text, text::Span span) {
  if (text.find('$') == std::string_view::npos) {
    add_literal(parts, text);
    return true;
  }
  syntax::Format format;
  if (!syntax::parse_format(text, span, format, context.findings)) return false;
  for (const syntax::FormatPart& piece : format) {
    if (!piece.variable) {
      add_literal(parts, piece.literal);
      continue;
    }
    const std::optional<std::size_t> variable = variable_reference(context, *piece.variable);
    if (!variable) return false;
    Part part;
    part.is_literal = false;
    part.variable = *variable + 1;
    parts.push_back(std::move(part));
  }
  return true;
}

}  // namespace

std::optional<std::size_t> subst_constant(Context& context, const std::string& text, text::Span span) {
  const auto bad = [&](const std::string& why) -> std::optional<std::size_t> {
    context.findings.add("E0706", span, {text, why});
    return std::nullopt;
  };
  if (text.size() < 3 || text[0] == '\\') return bad("it has the form '/pattern/replacement/flags'");
  const std::optional<SubstSyntax> parts = split_subst(text);
  if (!parts) return bad(std::string("a delimiter '") + text[0] + "' is missing");
  const std::string pattern(parts->pattern);
  const std::string_view replacement = parts->replacement;

  program::SubstConstant out;
  bool ignore_case = false, newline = true;
  for (char flag : parts->flags) {
    if (flag == 'i')
      ignore_case = true;
    else if (flag == 's')
      newline = false;
    else if (flag == 'g')
      out.all = true;
    else
      return bad(std::string("its flag '") + flag + "' is none of i, s, g");
  }
  const std::optional<std::size_t> regex = regex_constant(context, pattern, ignore_case, newline, span);
  if (!regex) return std::nullopt;
  out.regex = *regex;

  const int groups = groups_in(pattern);
  std::size_t start = 0;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\') continue;
    if (!add_format(context, out.parts, replacement.substr(start, i - start), span)) return std::nullopt;
    if (i + 1 == replacement.size()) return bad("its replacement ends in a backslash");
    const char c = replacement[++i];
    start = i + 1;
    if (c >= '0' && c <= '9') {
      if (c - '0' > groups) context.findings.add("W0706", span, {text, std::string("\\") + c});
      Part part;
      part.is_literal = false;
      part.group = c - '0';
      out.parts.push_back(std::move(part));
    } else {
      add_literal(out.parts, subst_escape(replacement, i));
    }
  }
  if (!add_format(context, out.parts, replacement.substr(start), span)) return std::nullopt;
  context.program.substs.push_back(std::move(out));
  return context.program.substs.size() - 1;
}

}  // namespace strowger::analysis
