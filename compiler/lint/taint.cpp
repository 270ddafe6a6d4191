// Assignments carry taint from variable to variable until nothing changes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/taint.h"

#include <set>
#include <string_view>

namespace strowger::lint {
namespace {

using program::Expr;
using program::Op;

/// Is the result free of the characters that matter to SQL, shells and the like?
bool cleans(const modules::Transformation& t) {
  if (t.result == modules::Type::Int || t.klass == "sql") return true;
  static const std::set<std::string_view> kOps = {"md5",           "sha256",        "sha384",     "sha512",
                                                  "encode.hexa",   "encode.base64", "encode.base64t", "encode.base64url",
                                                  "encode.base64urlt", "escape.common", "escape.param", "escape.user",
                                                  "numeric",       "escape.csv",    "corehash",   "urlencode.param"};
  return t.klass == "s" && kOps.count(t.op) > 0;
}

bool compares(Op op) {
  return (op >= Op::Lt && op <= Op::Negate) || (op >= Op::EqText && op <= Op::StrEmpty) || op == Op::EqAny ||
         op == Op::NeAny || op == Op::Defined || op == Op::ToInt || op == Op::Truth;
}

/// A pattern that lets through only a list of characters without quotes: ^[0-9]+$
bool restricts(std::string_view pattern) {
  if (!pattern.starts_with('^') || !pattern.ends_with('$')) return false;
  bool in_set = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
      continue;
    }
    if (c == '[') {
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') return false;
      in_set = true;
    }
    if (c == ']') in_set = false;
    if (c == '\'' || c == '"' || (c == '.' && !in_set)) return false;
  }
  return true;
}

}  // namespace

bool is_message_text(const modules::Variable& variable) {
  static const std::set<std::string_view> kNames = {
      "ru", "rU", "rd", "ou", "oU", "od", "fu", "fU", "fd", "fn", "ft", "tu", "tU", "td", "tn", "tt", "ai", "pu", "pU",
      "pd", "pn", "re", "rt", "di", "dip", "rm", "rr", "ci", "ct", "cT", "ua", "rb", "mb", "mbu", "hdr", "hfl", "msg",
      "via0", "via1", "viaZ", "au", "ad", "aU", "ar", "adu", "Au", "AU", "adn", "adc", "adr", "sel", "T_req", "T_inv",
      "T_rpl", "hdrc_name", "x_hdr", "rz_text", "contact", "sdp", "xmlrpc", "jsonrpl", "hu", "subs", "notify_reply",
      "gip", "phn", "nhu"};
  return variable.type != modules::Type::Int && kNames.count(variable.name) > 0;
}

Taint::Taint(const Index& index) : index_(index) {
  // A test of the characters anywhere in the script is taken to stand before the use.
  for (const ExpressionSite& site : index.expressions) {
    const Expr& e = *site.e;
    if (e.op != Op::Match || !restricts(index.program.regexes[e.constant].pattern)) continue;
    const Expr* left = e.args[0].get();
    while (left->op == Op::ToText || left->op == Op::ToAny) left = left->args[0].get();
    if (left->op == Op::Variable) checked_.insert(index.name_of(left->use));
  }
  // Chains longer than this are not written by people.
  bool changed = true;
  for (int round = 0; changed && round < 30; ++round) {
    changed = false;
    for (const Occurrence& o : index.occurrences) {
      if (!o.writes || !o.value || is_message_text(*o.use->variable) || variables.count(o.name)) continue;
      if (o.use->variable->type == modules::Type::Int) continue;
      const std::string source = source_in(*o.value);
      if (source.empty()) continue;
      variables[o.name] = source;
      changed = true;
    }
  }
}

std::string Taint::source_in(const Expr& e) const {
  if (compares(e.op) || e.op == Op::Call || e.op == Op::CallRoute) return {};
  if (e.op == Op::Transform && cleans(*e.transformation)) return {};
  if (e.op == Op::Variable) {
    const std::string name = index_.name_of(e.use);
    if (checked_.count(name)) return {};
    if (is_message_text(*e.use.variable)) return name;
    const auto at = variables.find(name);
    return at == variables.end() ? std::string() : at->second;
  }
  for (const program::ExprPtr& arg : e.args)
    if (std::string source = source_in(*arg); !source.empty()) return source;
  return {};
}

}  // namespace strowger::lint
