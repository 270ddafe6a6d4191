// The checked script: every name resolved, every conversion explicit, every call bound to one interface entry. All that
// code generation and lint read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types are static where they can be: an expression is Int, Text (maybe null) or Any (tagged at run time). analysis
// inserts ToInt / ToText / ToAny so that an operator's operands have exactly the types written beside it below.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/modules/interface.h"
#include "compiler/syntax/ast.h"
#include "compiler/text/source.h"

namespace strowger::program {

using modules::Type;
using text::Span;

struct Expr;
struct Statement;
using ExprPtr = std::unique_ptr<Expr>;
using Block = std::vector<std::unique_ptr<Statement>>;

/// A key or index of a variable, or an argument of a call. `kind` decides which field counts.
struct Operand {
  modules::ArgKind kind = modules::ArgKind::Literal;
  ExprPtr value;             ///< Int -> Int typed; String, Format, dynamic Name/Header -> Text typed
  std::string text;          ///< Literal, Word, constant Name
  Int number = 0;            ///< Slot (index into Program::slots), Flag, Methods, constant Int when `value` is null
  std::size_t constant = 0;  ///< index into Program::regexes, substs, headers, variables, routes_named, paths, tables
  Span span;
};

/// A resolved use of a pseudo-variable: which one, its key, its index.
struct VariableUse {
  const modules::Variable* variable = nullptr;
  bool has_key = false;
  Operand key;
  Operand table_key;           ///< ArgKind::Table: the key behind `=>` (a Text expression in `value`)
  enum class IndexKind { None, Number, All, Dynamic } index_kind = IndexKind::None;
  Int index = 0;
  ExprPtr index_value;         ///< Dynamic: Int typed
  ExprPtr value;               ///< by reference, with transformations: what is read, Any typed; `variable` is null
  std::string written;         ///< "$(avp(x)[1])", for messages
};

enum class Op {
  // leaves
  Int,           ///< number
  Text,          ///< text
  Null,          ///< $null; type Any
  Variable,      ///< use; type by its declaration
  Transform,     ///< transformation; args[0] the input (Any), operands the rest; type by its declaration
  // calls; type Int, the raw return code
  Call,          ///< function, operands
  CallRoute,     ///< route: index into Program::routes
  CallRouteNamed,///< args[0] Text: found at run time; a missing one logs and gives -10
  Truth,         ///< args[0] Int: 1 when > 0, else 0 (a call inside an expression)
  // conversions (semantics-verified.md)
  ToInt,         ///< args[0] Text or Any -> Int; text that is no number gives 0 with a warning
  ToText,        ///< args[0] Int or Any -> Text
  ToAny,         ///< args[0] Int or Text -> Any
  // Int, Int -> Int
  Add, Sub, Mul, Div, Mod, Shl, Shr, BitAnd, BitOr, BitXor, Lt, Gt, Le, Ge, EqInt, NeInt,
  And, Or,       ///< Int, Int -> 0/1, short-circuit
  Not, BitNot, Negate,
  // texts
  Concat,        ///< args all Text or Int or Any: joined; null is "" (or "<null>" when `format`, failed ""); type Text
  EqText, NeText,          ///< Text, Text -> Int, case-sensitive; null equals ""
  EqTextNoCase, NeTextNoCase,
  Match,         ///< args[0] Text; constant: regex -> Int
  MatchDynamic,  ///< args[0] Text, args[1] Text pattern -> Int; a bad pattern is an error
  StrLen, StrEmpty,        ///< Text -> Int
  // Any
  AddAny,        ///< Any, Any -> Any: by the type of the left at run time
  EqAny, NeAny,  ///< Any, Any -> Int: by the type of the left at run time
  Defined,       ///< Any -> Int
  SelVal,        ///< args[0] Int condition (> 0), args[1], args[2] of this expression's type
  // core conditions
  ConditionText, ///< word -> Text (method, uri, status, from_uri, to_uri, or an address as text)
  ConditionInt,  ///< word -> Int (ports, af, proto, msg:len)
  Myself,        ///< word == myself -> Int
  InNetwork,     ///< word in network -> Int
  IsHost,        ///< word == host given as Text args[0] -> Int (an address, network or name in text)
  // actions inside expressions
  Assign,        ///< use = args[0]; value 1, or -1 where the assignment failed; type Int
  Block,         ///< body; value: the code of its last action
};

struct Network {
  int family = 4;             ///< 4 or 6
  unsigned char address[16] = {};
  int prefix = 32;
};

struct Expr {
  Op op = Op::Int;
  Type type = Type::Int;
  bool nullable = false;      ///< a Text that may be null
  bool can_fail = false;      ///< evaluation may set Call::expression_error (division by zero, bad dynamic pattern)
  Span span;
  Int number = 0;
  std::string text;
  VariableUse use;
  const modules::Transformation* transformation = nullptr;
  const modules::Function* function = nullptr;
  std::size_t route = 0;
  std::size_t constant = 0;   ///< Match: index into Program::regexes
  syntax::CoreWord word = syntax::CoreWord::Method;
  Network network;
  bool format = false;        ///< Concat: print null as "<null>"
  Int limit = 0;              ///< Concat: longer results fail (8192 for formats), 0 none
  std::vector<ExprPtr> args;
  std::vector<Operand> operands;
  Block body;
};

struct SwitchCase {
  enum class Kind { Int, Text, Regex, Default } kind = Kind::Default;
  Int number = 0;
  std::string text;
  std::size_t regex = 0;
  Block body;                 ///< falls through into the next one unless it ends with Break, Return ...
  Span span;
};

struct Statement {
  enum class Kind {
    Evaluate,  ///< value is a Call, CallRoute or CallRouteNamed; its raw code is the statement's
    Assign,    ///< use = value (Any, Int or Text; Null for null)
    If,        ///< condition Int: taken when > 0
    While,     ///< condition Int: loops while != 0, at most Program::max_while_loops times (0: no limit)
    Switch,    ///< value Int (all labels ints) or Text
    Return,    ///< value Int or none (1); 0 also ends the script
    Exit,      ///< value Int or none
    Drop,      ///< value Int or none
    Break,     ///< leaves the innermost while or switch; outside of one, ends the route with code 0
    Empty,
  };
  Kind kind = Kind::Empty;
  Span span;
  ExprPtr value;
  VariableUse use;
  Block then, otherwise;
  std::vector<SwitchCase> cases;
};

struct Route {
  RouteKind kind = kRequestRoute;
  std::string name;
  std::string symbol;         ///< "route_RELAY", "failure_route_F", "request_route": also the name gdb shows
  Block body;
  Span span;
  bool recursive = false;     ///< can reach itself: needs the depth check
  bool is_entry = true;       ///< the runtime starts runs with it
  std::vector<std::size_t> kept;  ///< slots whose texts outlive a run that starts here
};

struct RegexConstant { std::string pattern; bool ignore_case = false; bool newline = false; };
struct SubstConstant {
  std::size_t regex = 0;
  struct Part { std::string literal; bool is_literal = true; int group = -1; std::size_t variable = 0; };  ///< variable: index + 1
  std::vector<Part> parts;
  bool all = false;
};
struct HeaderConstant { std::string name; int id = 0; };
struct RouteConstant { std::string name; RouteKind kind = kRequestRoute; std::ptrdiff_t route = -1; };  ///< -1: no such block
struct PathConstant {
  struct Step { std::string name; VariableUse::IndexKind index_kind = VariableUse::IndexKind::None; Int index = 0; std::size_t variable = 0; };
  std::vector<Step> steps;
};

/// A module parameter with the values that the script (or the default) gives it.
struct ParameterValue {
  const modules::Parameter* parameter = nullptr;
  std::vector<Int> numbers;        ///< one, or many when repeated
  std::vector<std::string> texts;
  bool is_null = false;            ///< an unset string
  bool set_by_script = false;
  std::size_t variable = 0;        ///< a parameter that names a variable: index + 1 into Program::variables
  std::size_t path = 0;            ///< `attributes`: index + 1 into Program::paths; a step is a name and a variable
};

struct CoreParameter { std::string name; Int number = 0; std::string text; bool is_text = false; };

/// What a value may be when it is read: a set of these.
enum Holds : std::uint8_t { kHoldsInt = 1, kHoldsText = 2, kHoldsNull = 4, kHoldsAny = 7 };

/// What flow analysis (analysis/flow.h) found out about one expression.
struct Fact {
  std::uint8_t holds = kHoldsAny;
  std::optional<Int> number;  ///< always this one
};

/// About one of Program::slots over the whole program.
struct SlotFact {
  std::uint8_t holds = kHoldsAny;  ///< whatever a start, a run or a function may leave in it
  bool nullable = true;            ///< else null is stored as 0
  bool persists = true;            ///< a run may read what an earlier or an outer one wrote
  bool listed = false;             ///< read or written by name at run time, or at any time
};

struct Program {
  const syntax::Ast* ast = nullptr;
  const modules::ModuleSet* set = nullptr;
  std::vector<const modules::ModuleInterface*> loaded;   ///< core first, then as loaded
  std::vector<Route> routes;
  std::vector<ParameterValue> parameters;                ///< of every loaded module, all of them
  std::vector<CoreParameter> core_parameters;            ///< canonical names
  std::vector<syntax::SocketSpec> listens, aliases;
  std::vector<syntax::CustomParam> custom;
  std::map<std::string, Int> flags;

  std::vector<RegexConstant> regexes;
  std::vector<SubstConstant> substs;
  std::vector<HeaderConstant> headers;
  std::vector<VariableUse> variables;                    ///< variables handed to functions by reference
  std::vector<RouteConstant> routes_named;
  std::vector<PathConstant> paths;
  std::size_t known_variables = 0;                       ///< path of all that texts may name at run time, by name; where a call evaluates
  std::vector<std::string> tables;
  std::vector<std::string> slots;                        ///< "var:x", "vn:y"
  std::unordered_map<const Expr*, Fact> facts;           ///< of expressions that are not just what their type says
  std::vector<SlotFact> slot_facts;                      ///< by slot; empty before flow analysis
  ExprPtr log_prefix;                                    ///< Text, or null when none
  Int max_while_loops = 100;
  Int max_recursive_level = 256;
};

/// What an expression's own type and declaration say.
Fact declared_fact(const Expr& e);
/// What is known about an expression: what flow analysis found, or what its declaration says.
Fact fact_of(const Program& program, const Expr& e);
/// The type that all values of these kinds have: Int, Text (null is a text that is not there), or Any.
inline Type type_of(std::uint8_t holds) {
  if (holds == kHoldsInt) return Type::Int;
  return holds & kHoldsInt || holds == kHoldsNull || holds == 0 ? Type::Any : Type::Text;
}
/// The slot of a variable that is one ($var), or -1.
inline std::ptrdiff_t slot_of(const VariableUse& use) {
  const bool slot = use.variable && use.variable->key && use.variable->key->kind == modules::ArgKind::Slot && use.has_key;
  return slot ? static_cast<std::ptrdiff_t>(use.key.number) : -1;
}

/// Prints the program for tests and `--emit ast -v`; stable.
std::string print(const Program& program);

}  // namespace strowger::program
