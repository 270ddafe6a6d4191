// Constant arguments with a language of their own: patterns, methods, flags, paths of nested values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <regex.h>
#include <strings.h>

#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/regex/automaton.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/substitution.h"
#include "runtime/script/regex.h"

namespace strowger::analysis {
namespace {

struct Method {
  std::string_view name;
  Int bit;
};

constexpr Method kMethods[] = {
    {"INVITE", kInvite},
    {"CANCEL", kCancel},
    {"ACK", kAck},
    {"BYE", kBye},
    {"INFO", kInfo},
    {"REGISTER", kRegister},
    {"SUBSCRIBE", kSubscribe},
    {"NOTIFY", kNotify},
    {"MESSAGE", kMessage},
    {"OPTIONS", kOptions},
    {"PRACK", kPrack},
    {"UPDATE", kUpdate},
    {"REFER", kRefer},
    {"PUBLISH", kPublish},
    {"KDMQ", kKdmq},
    {"GET", kGet},
    {"POST", kPost},
    {"PUT", kPut},
    {"DELETE", kDelete},
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

namespace {

/// Does Kamailio start with the pattern, that is, does the C library take it?
bool is_posix_pattern(const std::string& pattern, bool ignore_case, bool newline) {
  constexpr std::size_t kLongest = 4096;
  if (pattern.size() > kLongest || syntax::repeats_too_often(pattern)) return false;
  regex_t compiled;
  const int flags = REG_EXTENDED | REG_NOSUB | (ignore_case ? REG_ICASE : 0) | (newline ? REG_NEWLINE : 0);
  if (regcomp(&compiled, pattern.c_str(), flags) != 0) return false;
  regfree(&compiled);
  return true;
}

/// A pattern that cannot be compiled here: an error where Kamailio refuses it, too; else nothing for lint to say.
std::optional<std::size_t> without_code(Context& context, const std::string& pattern, bool ignore_case, bool newline, text::Span span,
                                        const std::string& why) {
  if (context.building() || !is_posix_pattern(pattern, ignore_case, newline)) {
    context.findings.add("E0701", span, {pattern, why});
    return std::nullopt;
  }
  return context.regex(pattern, ignore_case, newline);
}

}  // namespace

std::optional<std::size_t> regex_constant(Context& context, const std::string& pattern, bool ignore_case, bool newline,
                                          text::Span span) {
  const regex::Flags flags{ignore_case, newline};
  std::string why;
  if (!regex::parse(pattern, flags, why)) return without_code(context, pattern, ignore_case, newline, span, why);
  // What no automaton can hold must be something that RE2 takes.
  std::string re2;
  if (!(regex::make_matcher(pattern, flags, why) && regex::make_searcher(pattern, flags, why)) &&
      !Pattern::compile(std::string_view(pattern), {ignore_case, newline}, re2)) {
    return without_code(context, pattern, ignore_case, newline, span, why + ", and RE2 refuses it: " + re2);
  }
  return context.regex(pattern, ignore_case, newline);
}

std::optional<Int> methods_constant(Context& context, const std::string& text, text::Span span) {
  if (text.find('$') != std::string::npos) {
    if (context.building()) {
      context.report_pending("a method list from a variable", span);
      return std::nullopt;
    }
    return 0;
  }
  Int mask = 0;
  std::size_t count = 0;
  std::string unknown;
  std::string_view rest = text;
  while (true) {
    const std::size_t bar = rest.find_first_of("|,");
    const std::string_view name = trim(rest.substr(0, bar));
    ++count;
    bool known = false;
    for (const Method& method : kMethods)
      if (method.name.size() == name.size() && strncasecmp(method.name.data(), name.data(), name.size()) == 0) {
        mask |= method.bit;
        known = true;
      }
    if (!known) {
      unknown = std::string(name);
      mask |= kOtherMethod;
    }
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  if (!unknown.empty() || mask == kOtherMethod) {
    // One unknown method is a name to compare with; in a list it stops the start.
    if (count > 1 || unknown.empty()) {
      context.findings.add("E0202", span, {text, "'" + unknown + "' is no SIP method"});
      return std::nullopt;
    }
    context.findings.add("W0215", span, {unknown});
  }
  return mask;
}

std::optional<Int> flag_constant(Context& context, const std::string& text, text::Span span) {
  const auto declared = context.program.flags.find(text);
  if (declared != context.program.flags.end()) return declared->second;
  const std::optional<Int> number = text.empty() ? std::nullopt : number_in(text);
  if (!number) {
    context.findings.add("E0212", span, {"'" + text + "' is not declared with 'flags'"});
    return std::nullopt;
  }
  if (*number < 0 || *number > 31) {
    context.findings.add("E0212", span, {text + " is not between 0 and 31"});
    return std::nullopt;
  }
  return number;
}

std::optional<std::size_t> fields_constant(Context& context, const std::string& text, text::Span span) {
  program::PathConstant path;
  std::size_t at = 0;
  while (true) {
    program::PathConstant::Step step;
    if (at < text.size() && text[at] == '$') {
      syntax::PvRef pv;
      std::size_t used = 0;
      if (!syntax::parse_pv(std::string_view(text).substr(at), span, pv, used, context.findings)) return std::nullopt;
      const std::size_t end = at + used;
      if (end < text.size() && text[end] != '/') {
        context.findings.add("E0221", span, {"'" + text + "'", "has a step that is more than one variable"});
        return std::nullopt;
      }
      const std::optional<std::size_t> variable = variable_reference(context, pv);
      if (!variable) return std::nullopt;
      step.variable = *variable + 1;
      at = end;
    } else {
      const std::size_t end = std::min(text.find('/', at), text.size());
      step.name = text.substr(at, end - at);
      at = end;
    }
    path.steps.push_back(std::move(step));
    if (at >= text.size()) break;
    ++at;
  }
  context.program.paths.push_back(std::move(path));
  return context.program.paths.size() - 1;
}

std::optional<std::size_t> list_constant(Context& context, const std::string& text, const std::string& separators, text::Span span) {
  program::PathConstant path;
  for (std::size_t at = text.find_first_not_of(separators); at < text.size(); at = text.find_first_not_of(separators, at)) {
    syntax::PvRef pv;
    std::size_t used = 0;
    if (text[at] != '$') {
      context.findings.add("E0221", span, {"'" + text + "'", "is no list of variables"});
      return std::nullopt;
    }
    if (!syntax::parse_pv(std::string_view(text).substr(at), span, pv, used, context.findings)) return std::nullopt;
    const std::optional<std::size_t> variable = variable_reference(context, pv);
    if (!variable) return std::nullopt;
    program::PathConstant::Step step;
    step.variable = *variable + 1;
    path.steps.push_back(std::move(step));
    at += used;
  }
  context.program.paths.push_back(std::move(path));
  return context.program.paths.size() - 1;
}

namespace {

/// The comma outside of parentheses; npos where there is none.
std::size_t comma_between(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (depth == 0 && text[i] == ',') return i;
  }
  return text.npos;
}

/// The text between the brackets of a path's step. Of cells it may be missing (0), and a variable may have transformations.
bool read_index(Context& context, const std::string& path, std::string_view written, text::Span span, bool cells, program::PathConstant::Step& step) {
  using Kind = program::VariableUse::IndexKind;
  const std::string index(trim(written));
  const auto bad = [&](const std::string& why) {
    context.findings.add("E0221", span, {"'" + path + "'", why});
    return false;
  };
  if (index == "*" && !cells) {
    step.index_kind = Kind::All;
  } else if (!index.empty() && index[0] == '$') {
    syntax::PvRef pv;
    std::size_t used = 0;
    if (!syntax::parse_pv(index, span, pv, used, context.findings)) return false;
    if (used != index.size() || !(cells || pv.transforms.empty())) return bad("has an index that is not one variable");
    const std::optional<std::size_t> variable = variable_reference(context, pv);
    if (!variable) return false;
    step.index_kind = Kind::Dynamic;
    step.variable = *variable + 1;
  } else {
    const std::optional<Int> number = index.empty() ? (cells ? std::optional<Int>(0) : std::nullopt) : number_in(index);
    if (!number) return bad("has an index that is no number");
    step.index_kind = Kind::Number;
    step.index = *number;
  }
  return true;
}

}  // namespace

std::optional<std::size_t> path_constant(Context& context, const std::string& text, text::Span span, bool cells) {
  program::PathConstant path;
  std::string_view rest = text;
  const auto bad = [&](const std::string& why) -> std::optional<std::size_t> {
    context.findings.add("E0221", span, {"'" + text + "'", why});
    return std::nullopt;
  };
  while (true) {
    // The arrow that ends this step; one inside an index belongs to the index.
    std::size_t arrow = std::string_view::npos;
    int depth = 0;
    for (std::size_t i = 0; i + 1 < rest.size(); ++i) {
      if (rest[i] == '[' || rest[i] == '(') ++depth;
      if (rest[i] == ']' || rest[i] == ')') --depth;
      if (depth == 0 && rest[i] == '=' && rest[i + 1] == '>') {
        arrow = i;
        break;
      }
    }
    const std::string_view piece = trim(rest.substr(0, arrow));
    program::PathConstant::Step step;
    const std::size_t bracket = piece.find('[');
    step.name = std::string(trim(piece.substr(0, bracket)));
    if (step.name.empty() && !(cells && bracket == 0)) return bad("has a step without a name");
    if (bracket != std::string_view::npos) {
      if (piece.back() != ']') return bad("has an index without ']'");
      const std::string_view inside = piece.substr(bracket + 1, piece.size() - bracket - 2);
      const std::size_t comma = cells && bracket == 0 ? comma_between(inside) : inside.npos;
      if (!read_index(context, text, inside.substr(0, comma), span, cells, step)) return std::nullopt;
      if (comma != inside.npos) {
        path.steps.push_back(std::exchange(step, {}));
        if (!read_index(context, text, inside.substr(comma + 1), span, cells, step)) return std::nullopt;
      }
    }
    path.steps.push_back(std::move(step));
    if (arrow == std::string_view::npos) break;
    rest.remove_prefix(arrow + 2);
  }
  context.program.paths.push_back(std::move(path));
  return context.program.paths.size() - 1;
}

}  // namespace strowger::analysis
