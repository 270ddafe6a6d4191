// Arguments of functions: from how they are written to what C++ is handed (docs/internals/modules.md).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <regex.h>
#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {
namespace {

using modules::ArgKind;
using program::Operand;

std::optional<Operand> refuse(Context& context, text::Span span, const ArgumentPlace& place, const std::string& why) {
  context.findings.add("E0201", span, {std::to_string(place.number), place.function, why});
  return std::nullopt;
}

/// `"$var(x)"`: a text that is one variable and nothing else.
bool parse_single_variable(Context& context, const std::string& text, text::Span span, syntax::PvRef& out) {
  std::size_t used = 0;
  return !text.empty() && text[0] == '$' && syntax::parse_pv(text, span, out, used, context.findings) &&
         used == text.size();
}

bool is_writable(const Context& context, std::size_t variable) {
  const program::VariableUse& use = context.program.variables[variable];
  return !use.value && use.variable->writable;
}

std::optional<Operand> variable_operand(Context& context, const modules::Argument& declared, const syntax::PvRef& pv, text::Span span,
                                        const ArgumentPlace& place) {
  const std::optional<std::size_t> variable = variable_reference(context, pv);
  if (!variable) return std::nullopt;
  if (declared.writable && !is_writable(context, *variable)) return refuse(context, span, place, "is a variable that can be set");
  Operand out;
  out.kind = ArgKind::Variable;
  out.span = span;
  out.constant = *variable;
  return out;
}

/// `writable`: what stands behind the first slash, or in the list, can be set.
std::optional<Operand> fields_operand(Context& context, const modules::Argument& declared, const std::string& text, text::Span span,
                                      const ArgumentPlace& place) {
  const bool is_list = !declared.separators.empty();
  const std::optional<std::size_t> index = is_list ? list_constant(context, text, declared.separators, span) : fields_constant(context, text, span);
  if (!index) return std::nullopt;
  const auto& steps = context.program.paths[*index].steps;
  if (is_list && steps.empty()) return refuse(context, span, place, "is a list of variables");
  for (std::size_t i = is_list ? 0 : 1; declared.writable && i < steps.size(); ++i)
    if (steps[i].variable == 0 || !is_writable(context, steps[i].variable - 1))
      return refuse(context, span, place, is_list ? "has variables that can be set" : "has a variable behind the slash that can be set");
  Operand out;
  out.kind = ArgKind::Fields;
  out.span = span;
  out.constant = *index;
  return out;
}

struct CallbackKind {
  ArgKind kind;
  RouteKind route;
};
constexpr CallbackKind kCallbacks[] = {
    {ArgKind::RouteFailure, kFailureRoute}, {ArgKind::RouteBranch, kBranchRoute},
    {ArgKind::RouteReply, kReplyRoute},     {ArgKind::RouteBranchFailure, kBranchFailureRoute},
    {ArgKind::RouteRequest, kRequestRoute},
};

/// A block's name; one that no block has is a warning, as Kamailio starts with it. "0" disarms.
Operand route_operand(Context& context, ArgKind kind, const std::string& text, text::Span span,
                      const ArgumentPlace& place) {
  Operand out;
  out.kind = kind;
  out.span = span;
  for (const CallbackKind& callback : kCallbacks) {
    if (callback.kind != kind) continue;
    // event_route[tm:branch-failure:NAME] is armed by NAME.
    const std::string name = kind == ArgKind::RouteBranchFailure ? "tm:branch-failure:" + text : text;
    out.constant = context.route_constant(name, callback.route);
    if (context.program.routes_named[out.constant].route < 0 && text != "0" && !text.empty())
      context.findings.add("W0107", span, {place.function, std::string(name_of(callback.route)), text});
  }
  return out;
}

/// L_ALERT L_BUG L_CRIT L_ERR L_WARN L_NOTICE L_INFO L_DBG: the letter behind "L_" counts, as in Kamailio.
std::optional<Int> level_named(const std::string& text) {
  if (text.size() < 3 || text[1] != '_') return std::nullopt;
  constexpr std::pair<char, Int> kLevels[] = {{'A', -5}, {'B', -4}, {'C', -3}, {'E', -1},
                                              {'W', 0},  {'N', 1},  {'I', 2},  {'D', 3}};
  for (const auto& [letter, level] : kLevels)
    if (text[2] == letter) return level;
  return std::nullopt;
}

/// An int that is written as a text: decimal, 32 bits, as Kamailio takes it when it starts. "" is 0.
std::optional<Int> decimal_in(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const std::optional<Int> number = number_in(text);
  return number && *number >= INT32_MIN && *number <= INT32_MAX ? number : std::nullopt;
}

bool is_within(const modules::Argument& declared, Int number) {
  return !declared.within || (number >= declared.within->first && number <= declared.within->second);
}

std::optional<Operand> refuse_range(Context& context, const modules::Argument& declared, text::Span span, const ArgumentPlace& place) {
  return refuse(context, span, place,
                "is a number from " + std::to_string(declared.within->first) + " to " + std::to_string(declared.within->second));
}

bool is_among(const modules::Argument& declared, const std::string& text) {
  const auto is_it = [&](const std::string& word) { return strcasecmp(word.c_str(), text.c_str()) == 0; };
  return declared.among.empty() || std::any_of(declared.among.begin(), declared.among.end(), is_it);
}

}  // namespace

bool has_form(const modules::Form& form, const std::string& text) {
  if (form.pattern.empty()) return true;
  regex_t compiled;
  if (regcomp(&compiled, ("^(" + form.pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool has = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return has;
}

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

/// Kinds that have code for constants only.
bool is_constant_only(ArgKind kind) {
  return kind != ArgKind::Int && kind != ArgKind::String && kind != ArgKind::Literal && kind != ArgKind::Header &&
         kind != ArgKind::Flag && kind != ArgKind::Regex;
}

}  // namespace

std::optional<Operand> operand_from_text(Context& context, const modules::Argument& declared, const std::string& text,
                                         text::Span span, const ArgumentPlace& place) {
  const WithinText within(context);
  Operand out;
  out.kind = declared.kind;
  out.span = span;
  const auto with_constant = [&](std::optional<std::size_t> index) -> std::optional<Operand> {
    if (!index) return std::nullopt;
    out.constant = *index;
    return std::move(out);
  };
  const auto with_number = [&](std::optional<Int> number) -> std::optional<Operand> {
    if (!number) return std::nullopt;
    out.number = *number;
    return std::move(out);
  };
  if (!has_form(declared.form, text)) return refuse(context, span, place, "is " + declared.form.shown + ", but not '" + text + "'");
  switch (declared.kind) {
    case ArgKind::Int: {
      if (!text.empty() && text[0] == '$' && !declared.within) {
        syntax::PvRef pv;
        if (!parse_single_variable(context, text, span, pv))
          return refuse(context, span, place, "is neither a number nor one variable");
        ExprPtr value = lower_variable(context, pv);
        if (!value) return std::nullopt;
        out.value = declared.lenient ? to_int(std::move(value)) : std::move(value);   // else what is no number fails at run time
        return out;
      }
      const std::optional<Int> number = declared.hex ? number_in(text) : decimal_in(text);
      if (!number && declared.hex) {  // a set of flags
        context.findings.add("E0202", span, {text, "argument " + std::to_string(place.number) + " of " + place.function + "() is a number"});
        return std::nullopt;
      }
      if (!number) return refuse(context, span, place, "is an int, but '" + text + "' is no decimal number of 32 bits");
      if (!is_within(declared, *number)) return refuse_range(context, declared, span, place);
      return with_number(number);
    }
    case ArgKind::String:
    case ArgKind::Format:
      out.value = lower_format(context, text, span);
      return out.value ? std::optional(std::move(out)) : std::nullopt;
    case ArgKind::Literal:
      if (!is_among(declared, text)) return refuse(context, span, place, "is none of: " + joined(declared.among));
      out.text = text;
      return out;
    case ArgKind::Word:
    case ArgKind::Name:
      out.text = text;
      return out;
    case ArgKind::Regex:
      return with_constant(regex_constant(context, text, true, true, span));
    case ArgKind::Subst:
      return with_constant(subst_constant(context, text, span));
    case ArgKind::Header:
      if (text.find('$') != std::string::npos)
        return refuse(context, span, place, "is a header name and holds no variables");
      if (text.empty()) return refuse(context, span, place, "is a header name and not empty");
      out.constant = context.header(text);
      return out;
    case ArgKind::Methods:
      return with_number(methods_constant(context, text, span));
    case ArgKind::Variable: {
      syntax::PvRef pv;
      if (!parse_single_variable(context, text, span, pv))
        return refuse(context, span, place, "is the name of one variable, as \"$var(x)\"");
      return variable_operand(context, declared, pv, span, place);
    }
    case ArgKind::RouteFailure:
    case ArgKind::RouteBranch:
    case ArgKind::RouteReply:
    case ArgKind::RouteBranchFailure:
    case ArgKind::RouteRequest:
      return route_operand(context, declared.kind, text, span, place);
    case ArgKind::Flag:
      return with_number(flag_constant(context, text, span));
    case ArgKind::LogLevel: {
      if (!text.empty() && text[0] == '$') {
        syntax::PvRef pv;
        if (!parse_single_variable(context, text, span, pv))
          return refuse(context, span, place, "is neither a log level nor one variable");
        out.value = lower_variable(context, pv);
        return out.value ? std::optional(std::move(out)) : std::nullopt;
      }
      const std::optional<Int> level = level_named(text);
      if (!level) return refuse(context, span, place, "is a log level such as L_INFO, but not '" + text + "'");
      return with_number(level);
    }
    case ArgKind::Path:
      return with_constant(path_constant(context, text, span, declared.cells));
    case ArgKind::Fields:
      return fields_operand(context, declared, text, span, place);
    case ArgKind::Slot:
      out.number = static_cast<Int>(context.slot("var:" + text));
      return out;
    case ArgKind::Table: {
      out.text = text;
      out.constant = context.table(text);
      return out;
    }
  }
  return std::nullopt;
}

std::optional<Operand> lower_argument(Context& context, const modules::Argument& declared, const syntax::Expr& e,
                                      const ArgumentPlace& place) {
  using Kind = syntax::Expr::Kind;
  switch (e.kind) {
    case Kind::BareWord:
    case Kind::Network:
    case Kind::Protocol:
      return operand_from_text(context, declared, e.text, e.span, place);
    case Kind::String:
      // In quotes a flag is a name: "5" is not flag 5.
      if (declared.kind == ArgKind::Flag && !context.program.flags.count(e.text)) {
        context.findings.add("E0212", e.span, {"\"" + e.text + "\" is not declared with 'flags'"});
        return std::nullopt;
      }
      return operand_from_text(context, declared, e.text, e.span, place);
    case Kind::Call:
    case Kind::RouteCall:
    case Kind::Block:
    case Kind::Assign:
    case Kind::CoreWord:
      return refuse(context, e.span, place, "cannot be a call or an action");
    case Kind::Variable:
      if (declared.kind == ArgKind::Variable && declared.dynamic) return variable_operand(context, declared, e.pv, e.span, place);
      break;
    default:
      break;
  }
  ExprPtr value = lower(context, e);
  if (!value) return std::nullopt;
  if (is_text(*value)) return operand_from_text(context, declared, value->text, e.span, place);
  if (is_int(*value) && declared.kind == ArgKind::Int) {
    Operand out;
    out.kind = declared.kind;
    out.span = e.span;
    out.number = value->number;
    if (!is_within(declared, out.number)) return refuse_range(context, declared, e.span, place);
    return out;
  }
  if (is_int(*value)) return operand_from_text(context, declared, std::to_string(value->number), e.span, place);
  if (!declared.dynamic) return refuse(context, e.span, place, "is not constant");
  Operand out;
  out.kind = declared.kind;
  out.span = e.span;
  if (is_constant_only(declared.kind)) {
    // Kamailio makes patterns and names at run time here; there is no code for that, but the script is right.
    if (context.building()) {
      context.report_pending("what is made at run time for argument " + std::to_string(place.number) + " of " + place.function + "()", e.span);
      return std::nullopt;
    }
    out.kind = ArgKind::String;
  }
  const bool number = declared.kind == ArgKind::Int || declared.kind == ArgKind::Flag;
  out.value = number ? to_int(std::move(value)) : to_text(std::move(value));
  return out;
}

}  // namespace strowger::analysis
