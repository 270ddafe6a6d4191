// The AST: what the user wrote, after the preprocessor. Built once by parse(), never changed; passes keep tables beside it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/text/source.h"
#include "runtime/abi/values.h"

namespace strowger::syntax {

using text::Span;

struct Expr;
struct Statement;
struct PvRef;
using ExprPtr = std::unique_ptr<Expr>;
using StatementPtr = std::unique_ptr<Statement>;
using Block = std::vector<StatementPtr>;

// ---- pseudo-variables ------------------------------------------------------------------------------------------

/// The index of a variable: absent, a number, `*`, or another variable.
struct PvIndex {
  enum class Kind { None, Number, All, Variable } kind = Kind::None;
  Int number = 0;
  std::unique_ptr<PvRef> variable;
};

/// One argument of a transformation: literal text as written (leading blanks stripped), or a variable.
struct TransformArg {
  std::string literal;
  std::unique_ptr<PvRef> variable;  ///< when set, `literal` is empty
  Span span;
};

/// `{s.substr,0,2}`: class "s", op "substr" (`encode.hexa` for {s.encode.hexa}).
struct Transform {
  std::string klass;
  std::string op;
  std::string raw_args;  ///< all that stands after the first ',' unchanged (s.select takes its separator verbatim)
  std::vector<TransformArg> args;
  Span span;
};

/// `$name(inner)[index]{...}`; also the inside of `$( ... )`.
struct PvRef {
  std::string name;         ///< without '$': "rU", "avp", "from.user"
  bool has_inner = false;
  std::string inner;        ///< text between the parentheses, as written, without outer blanks
  Span inner_span;
  PvIndex index;
  std::vector<Transform> transforms;
  Span span;                ///< the whole reference, `$` included
};

/// A piece of a format string: literal bytes, or a variable.
struct FormatPart {
  std::string literal;
  std::unique_ptr<PvRef> variable;
  Span span;
};
using Format = std::vector<FormatPart>;

// ---- expressions -----------------------------------------------------------------------------------------------

enum class BinaryOp { Add, Sub, Mul, Div, Mod, Shl, Shr, BitAnd, BitOr, BitXor, Lt, Gt, Le, Ge, Eq, Ne, Match,
                      StrEq, StrNe, IntEq, IntNe, And, Or };  ///< StrEq: eq, IntEq: ieq
enum class UnaryOp { Not, BitNot, Negate, ToInt, ToText, Defined, StrLen, StrEmpty };

/// Left sides of core conditions; `uri` in replies is `status`.
enum class CoreWord { Method, Uri, Status, FromUri, ToUri, SrcIp, DstIp, SndIp, ToIp, SrcPort, DstPort, SndPort, ToPort,
                      Af, SndAf, MsgLen, Proto, SndProto, Myself };

struct Expr {
  enum class Kind {
    Number,      ///< number
    String,      ///< text (decoded)
    Variable,    ///< pv
    Select,      ///< @select: text holds the path after '@'
    Call,        ///< function call: name, args
    RouteCall,   ///< route(args[0])
    Unary,       ///< unary, args[0]
    Binary,      ///< binary, args[0], args[1]
    SelVal,      ///< selval(args[0], args[1], args[2])
    CoreWord,    ///< word: only as an operand of a comparison
    Network,     ///< an address or network operand: text holds it as written ("10.0.0.0/8", "::1"), bare hosts too
    Protocol,    ///< a protocol operand: text holds "udp", "tcp", ... lower case, or "*"
    BareWord,    ///< a bare identifier where the grammar allows one: method==INVITE, route(NAME), setflag(FLAG)
    Assign,      ///< ( $x = expr ): args[0] the variable, args[1] the value; its own value is 1
    Block,       ///< { actions } as an expression
  };
  Kind kind = Kind::Number;
  Span span;
  Int number = 0;
  std::string text;
  bool double_quoted = true;  ///< String: written with "..." (escapes decoded) rather than '...'
  PvRef pv;
  UnaryOp unary = UnaryOp::Not;
  BinaryOp binary = BinaryOp::Add;
  CoreWord word = CoreWord::Method;
  std::vector<ExprPtr> args;
  Block block;
  std::string source;   ///< String: the raw characters between the quotes, for positions inside formats
};

// ---- statements ------------------------------------------------------------------------------------------------

struct Case {
  enum class Kind { Value, Regex, Default } kind = Kind::Value;
  ExprPtr label;
  Block body;
  Span span;
};

struct Statement {
  enum class Kind {
    Empty,     ///< ;
    Call,      ///< expr is a Call or RouteCall, or a core command (name in expr->text)
    Assign,    ///< target = expr
    If,        ///< expr, then, otherwise
    While,     ///< expr, then
    Switch,    ///< expr, cases
    Return, Exit, Drop,  ///< expr may be null
    Break,
  };
  Kind kind = Kind::Empty;
  Span span;
  ExprPtr target;
  ExprPtr expr;
  Block then;
  Block otherwise;
  bool has_else = false;
  std::vector<Case> cases;
};

// ---- top level -------------------------------------------------------------------------------------------------

struct Route {
  RouteKind kind = kRequestRoute;
  std::string name;  ///< "" for the unnamed ones; numbers as text; "mod:event" for event routes
  Block body;
  Span span;         ///< from the keyword to the '}'
  Span name_span;
};

/// `name = value`. The value is kept as the parts that were written.
struct GlobalParam {
  struct Item {
    enum class Kind { Number, String, Word } kind = Kind::Word;
    Int number = 0;
    std::string text;  ///< String: decoded; Word: the bare text ("udp:127.0.0.1:5060", "LOG_LOCAL0", "yes")
    Span span;
  };
  std::string name;
  std::vector<Item> values;  ///< several for listen, alias
  Span span;
  Span name_span;
};

/// A `listen` or `alias` value in parts.
struct SocketSpec {
  std::string protocol;   ///< lower case, "" when not written
  std::string host;       ///< without brackets
  Int port = 0;           ///< 0 when not written
  std::string advertise_host;
  Int advertise_port = 0;
  std::string name;
  bool is_alias = false;
  std::vector<std::string> more_hosts;  ///< of a multihomed `(a, b)`: all but the first
  bool is_virtual = false;
  Int workers = 0;        ///< of `socket = { workers = N; }`
  Span span;
};

/// `group.name = value [desc "..."]`.
struct CustomParam {
  std::string group, name, description;
  bool has_instance = false;  ///< `group[N].name`
  Int instance = 0;
  bool is_text = false;
  Int number = 0;
  std::string text;
  Span span;
};

struct FlagDecl { std::string name; Int number = -1; Span span; };   ///< number -1: the next free one

struct LoadModule { std::string name; Span span; };                  ///< without path and ".so"

struct ModParam {
  std::string module_pattern, name;  ///< the pattern is a regex over module names
  bool is_text = false;
  Int number = 0;
  std::string text;
  Span span, module_span, name_span, value_span;
  std::size_t modules_before = 0;     ///< how many loadmodule stand before it
};

struct Ast {
  const text::SourceFile* root = nullptr;
  enum class Mode { Default, Kamailio, Ser } mode = Mode::Default;
  std::vector<GlobalParam> globals;    ///< all but listen and alias, in order
  std::vector<SocketSpec> sockets;     ///< listen and alias, in order
  std::vector<CustomParam> custom;
  std::vector<FlagDecl> flags, avpflags;
  std::vector<LoadModule> modules;
  std::vector<ModParam> modparams;
  std::vector<GlobalParam> load_paths;  ///< loadpath and mpath; this compiler needs none
  std::vector<Route> routes;
  std::vector<std::pair<std::string, std::string>> defines;  ///< name and value at the end, for $def
};

}  // namespace strowger::syntax
