// The passes over route bodies: statements, expressions, variables, calls. Each gives null (or nothing) where it
// reported an error. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/analysis/build.h"
#include "compiler/analysis/context.h"

namespace strowger::analysis {

// statements.cpp, switches.cpp
program::Block lower_block(Context& context, const syntax::Block& block);
void lower_switch(Context& context, const syntax::Statement& from, program::Statement& to);

// expressions.cpp
/// The value of an expression in its own type; a call counts as 1 or 0.
ExprPtr lower(Context& context, const syntax::Expr& e);
/// The same, but a call that is the whole expression keeps its raw code (`$x = f();`).
ExprPtr lower_assigned(Context& context, const syntax::Expr& e);
/// As an Int.
ExprPtr lower_int(Context& context, const syntax::Expr& e);
/// A `+` whose left side's type is not known before the script runs.
bool is_open_sum(const syntax::Expr& e);

// operators.cpp
ExprPtr lower_unary(Context& context, const syntax::Expr& e);
ExprPtr lower_binary(Context& context, const syntax::Expr& e);
/// The type an expression has whatever the values are: what static checks look at (language.md 5.3).
enum class StaticType { Int, Text, Unknown };
StaticType static_type(const syntax::Expr& e);
/// Folds an operator over constant numbers; the argument back where it cannot.
ExprPtr fold(ExprPtr e);
/// The result of an operator over two ints; nothing where there is none (division by zero) or for other operators.
std::optional<Int> fold_ints(Op op, Int a, Int b);

// conditions.cpp: `method == "INVITE"`, `src_ip == 10.0.0.0/8`, `uri == myself`
bool is_core_condition(const syntax::Expr& e);
ExprPtr lower_core_condition(Context& context, const syntax::Expr& e);

// networks.cpp
std::optional<program::Network> parse_network(std::string_view text);

// variables.cpp, keys.cpp
/// A reference with its transformations, read as a value.
ExprPtr lower_variable(Context& context, const syntax::PvRef& pv);
/// The variable itself, to be written or handed over.
std::optional<program::VariableUse> resolve_variable(Context& context, const syntax::PvRef& pv);
/// The same, to be assigned to: no transformations, writable.
std::optional<program::VariableUse> resolve_target(Context& context, const syntax::PvRef& pv);
/// The variable to be handed over by reference, read-only where it has transformations: index into Program::variables.
std::optional<std::size_t> variable_reference(Context& context, const syntax::PvRef& pv);
/// What stands between the parentheses, into `use.key` and `use.table_key`.
bool resolve_key(Context& context, const syntax::PvRef& pv, program::VariableUse& use);

// transformations.cpp
ExprPtr lower_transform(Context& context, const syntax::Transform& transform, ExprPtr input);

// formats.cpp
inline constexpr Int kFormatLimit = 8192;
/// A `$x` in a command that Kamailio cannot read (W0210): once for each call.
void report_shell_variable(Context& context, text::Span span, const std::string& written);
/// A format string as a Text: a constant where it holds no variable.
ExprPtr lower_format(Context& context, std::string_view decoded, text::Span span, Int limit = kFormatLimit);

// selects.cpp: `@ruri.user` and `$sel(ruri.user)`
ExprPtr lower_select(Context& context, std::string_view path, text::Span span);
/// $sel(path): an empty text is undefined.
ExprPtr lower_select_variable(Context& context, std::string_view path, text::Span span);

// calls.cpp
/// A function call; its value is the raw return code.
ExprPtr lower_call(Context& context, const syntax::Expr& e);
ExprPtr lower_route_call(Context& context, const syntax::Expr& e);

// arguments.cpp
/// Whose argument: for messages.
struct ArgumentPlace {
  std::string function;
  std::size_t number = 1;
};
/// Has the text the form that a declaration asks for?
bool has_form(const modules::Form& form, const std::string& text);
std::optional<program::Operand> lower_argument(Context& context, const modules::Argument& declared,
                                               const syntax::Expr& e, const ArgumentPlace& place);
/// An argument given as constant text (also keys and transformation arguments).
std::optional<program::Operand> operand_from_text(Context& context, const modules::Argument& declared,
                                                  const std::string& text, text::Span span, const ArgumentPlace& place);

// constants.cpp
/// Index into Program::regexes, or nothing with E0701.
std::optional<std::size_t> regex_constant(Context& context, const std::string& pattern, bool ignore_case, bool newline,
                                          text::Span span);
/// "/re/repl/flags": index into Program::substs.
std::optional<std::size_t> subst_constant(Context& context, const std::string& text, text::Span span);
/// "INVITE|ACK" as a mask of MethodBit.
std::optional<Int> methods_constant(Context& context, const std::string& text, text::Span span);
/// 0..31 or a declared name.
std::optional<Int> flag_constant(Context& context, const std::string& text, text::Span span);
/// `a[i]=>b[j]`: index into Program::paths. `cells`: a step may be `[i,j]`, which makes two steps without names; an index that is left out is 0.
std::optional<std::size_t> path_constant(Context& context, const std::string& text, text::Span span, bool cells = false);
/// "$avp(x)/$avp(y)/g": split at '/', a step that starts with '$' is one variable.
std::optional<std::size_t> fields_constant(Context& context, const std::string& text, text::Span span);
/// "$avp(x), $var(y)": a step for each variable of the list.
std::optional<std::size_t> list_constant(Context& context, const std::string& text, const std::string& separators, text::Span span);
/// Does one of the parameters that declare names (Argument::declared_by) declare this one? Otherwise a finding, E0120.
bool check_declared(Context& context, const std::string& module, const std::vector<std::string>& parameters, const std::string& name, text::Span span);

}  // namespace strowger::analysis
