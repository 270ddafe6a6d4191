// avp_subst(), and avp_subst_pv(), whose expression is made at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "avpops.interface.h"
#include "runtime/abi/subst_syntax.h"
#include "runtime/script/evaluate.h"
#include "runtime/script/log_line.h"
#include "runtime/script/regex.h"
#include "runtime/script/substitute.h"
#include "stdlib/avpops/fields.h"

namespace strowger {
namespace {

constexpr Code kNoMatch = -1, kFaulty = -3;
constexpr std::size_t kMaxParts = 64;

/// A "/pattern/replacement/flags" made at run time.
struct Made {
  Subst subst;
  SubstPart parts[kMaxParts];

  bool add(const SubstPart& part) {
    if (subst.part_count == kMaxParts) return false;
    parts[subst.part_count++] = part;
    return true;
  }
};

/// A stretch without backslashes: text and variables.
bool add_format(Call& call, Made& made, std::string_view text, const Path& known) {
  if (text.empty()) return true;
  const std::optional<Text> value = evaluated(call, Text(text), known);
  return value && made.add({*value});
}

bool parse_replacement(Call& call, Made& made, std::string_view text, const Path& known) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') continue;
    if (i + 1 == text.size() || !add_format(call, made, text.substr(start, i - start), known)) return false;
    const char c = text[++i];
    start = i + 1;
    SubstPart part;
    if (c >= '0' && c <= '9')
      part.group = c - '0';
    else
      part.literal = Text(subst_escape(text, i));
    if (!made.add(part)) return false;
  }
  return add_format(call, made, text.substr(start), known);
}

bool parse(Call& call, std::string_view text, const Path& known, Made& made) {
  if (text.size() < 3 || text[0] == '\\') return false;
  const std::optional<SubstSyntax> parts = split_subst(text);
  if (!parts) return false;
  Pattern::Flags flags;
  flags.newline = true;
  for (const char flag : parts->flags) {
    if (flag == 'i')
      flags.ignore_case = true;
    else if (flag == 's')
      flags.newline = false;
    else if (flag == 'g')
      made.subst.replace_all = 1;
    else
      return false;
  }
  made.subst.parts = made.parts;
  if (!parse_replacement(call, made, parts->replacement, known)) return false;
  // last: compiling another pattern could take this one out of the cache
  made.subst.regex.compiled = dynamic_pattern(call, Text(parts->pattern), flags);
  return made.subst.regex.compiled != nullptr;
}

Code substitute(Call& call, const Path& what, const avpops::Ends& named, const Subst& subst) {
  const bool all = avpops::has_flag(what, named.flags_at, 'g');
  const bool gone = named.in_place || avpops::has_flag(what, named.flags_at, 'd');
  int done = 0;
  const Avp* next = nullptr;
  for (const Avp* avp = avpops::first_of(*call.avps, named.source); avp; avp = next) {
    next = avpops::next_of(*avp, named.source);
    if (!avp->value.is_text()) continue;
    std::size_t count = 0;
    const Text out = substituted(call, avp->value.text(), subst, count);
    if (out.is_null()) return -1;
    if (count == 0) continue;
    call.avps->push(named.target.text, named.target.numbered, Value::of(out));
    if (gone) avpops::remove(*call.avps, avp);
    ++done;
    if (!all) break;
  }
  return done ? 1 : kNoMatch;
}

}  // namespace

Code Avpops::avp_subst(Call& call, const Path& what, const Subst& subst) {
  const std::optional<avpops::Ends> named = avpops::ends(call, what);
  return named ? substitute(call, what, *named, subst) : -1;
}

Code Avpops::avp_subst_pv(Call& call, const Path& what, Text expression, const Path& known) {
  const std::optional<avpops::Ends> named = avpops::ends(call, what);
  if (!named) return -1;
  Made made;
  if (!expression.is_null() && parse(call, expression.view(), known, made)) return substitute(call, what, *named, made.subst);
  log_line(call, LogLevel::Err, "avpops", {"bad substitution \"", expression, "\""});
  return kFaulty;
}

}  // namespace strowger
