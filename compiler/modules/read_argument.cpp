// What may stand behind an argument's name, by whose argument it is.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/modules/read_argument.h"

#include <algorithm>
#include <string>
#include <utility>

#include "compiler/modules/spelling.h"

namespace strowger::modules {
namespace {

bool read_name_and_kind(Cursor& c, std::string_view what, Argument& out) {
  out.name = c.word(what);
  if (out.name.empty() || !c.expect(':')) return false;
  const std::string_view word = c.word("a kind of argument");
  if (word.empty()) return false;
  const auto kind = kind_named(word);
  if (!kind) {
    c.report("E0804", {std::string(word)});
    return false;
  }
  out.kind = *kind;
  return true;
}

bool read_among(Cursor& c, Argument& argument) {
  const auto words = c.string("words");
  if (!words) return false;
  for (std::size_t at = 0; at <= words->size();) {
    const std::size_t end = std::min(words->find(' ', at), words->size());
    argument.among.push_back(words->substr(at, end - at));
    at = end + 1;
  }
  return true;
}

/// The parameter whose values declare names; one of several where the clause stands there more than once.
bool read_declared(Cursor& c, Argument& argument) {
  argument.declared_by.emplace_back(c.word("a parameter"));
  return !argument.declared_by.back().empty();
}

bool read_separators(Cursor& c, Argument& argument) {
  auto separators = c.string("characters");
  if (!separators) return false;
  argument.separators = std::move(*separators);
  return true;
}

bool read_clause(Cursor& c, std::string_view clause, Argument& a) {
  if (clause == "within" && a.kind == ArgKind::Int) return read_range(c, a.within);
  if (clause == "among" && a.kind == ArgKind::Literal) return read_among(c, a);
  if (clause == "form" && a.kind != ArgKind::Int) return read_form(c, a.form);
  if (clause == "separated" && a.kind == ArgKind::Fields) return read_separators(c, a);
  if (clause == "declared" && a.kind == ArgKind::Literal) return read_declared(c, a);
  bool* const flag = clause == "dynamic"                               ? &a.dynamic
                     : clause == "hex" && a.kind == ArgKind::Int     ? &a.hex
                     : clause == "lenient" && a.kind == ArgKind::Int ? &a.lenient
                     : clause == "writable" && (a.kind == ArgKind::Variable || a.kind == ArgKind::Fields) ? &a.writable
                                                                                                          : nullptr;
  if (!flag) {
    c.report("E0803", {std::string(clause), "argument"});
    return false;
  }
  return *flag = true;
}

}  // namespace

bool read_argument(Cursor& c, Argument& out) {
  if (!read_name_and_kind(c, "an argument's name", out)) return false;
  if (is_key_only(out.kind)) {
    c.report("E0810", {std::string(name_of(out.kind))});
    return false;
  }
  while (c.next_is_word())
    if (!read_clause(c, c.word("a clause"), out)) return false;
  return true;
}

bool read_key(Cursor& c, Argument& out, bool& may_miss) {
  if (!read_name_and_kind(c, "the key's name", out)) return false;
  may_miss = c.take('?');
  while (c.next_is_word()) {
    const std::string_view clause = c.word("a clause");
    const bool known = clause == "among"                                          ? read_among(c, out)
                       : clause == "form"                                       ? read_form(c, out.form)
                       : clause == "declared" && out.kind == ArgKind::Word      ? read_declared(c, out)
                                                                                : clause == "cells" && out.kind == ArgKind::Path;
    if (!known) return c.expected("'among', 'form', 'cells' or 'declared'");
    out.cells = out.cells || clause == "cells";
  }
  return true;
}

bool read_transformation_argument(Cursor& c, Argument& out, bool& may_miss) {
  if (!read_name_and_kind(c, "an argument's name", out)) return false;
  if (out.kind != ArgKind::Int && out.kind != ArgKind::String && out.kind != ArgKind::Literal && out.kind != ArgKind::Subst) {
    c.report("E0810", {std::string(name_of(out.kind))});
    return false;
  }
  may_miss = c.take('?');
  if (c.next_is_word() && (c.word("'form'") != "form" || !read_form(c, out.form))) return c.expected("'form'");
  return true;
}

bool read_range(Cursor& c, std::optional<std::pair<Int, Int>>& into) {
  const auto low = c.number("a number");
  if (!low || !c.expect('.') || !c.expect('.')) return false;
  const auto high = c.number("a number");
  if (!high) return false;
  into = {*low, *high};
  return true;
}

bool read_form(Cursor& c, Form& into) {
  const auto pattern = c.string("a regular expression");
  if (!pattern) return false;
  const auto shown = c.string("what people write");
  if (!shown) return false;
  into = {*pattern, *shown};
  return true;
}

}  // namespace strowger::modules
