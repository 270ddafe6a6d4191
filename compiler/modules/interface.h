// What a module offers to scripts, as its .module file declares it. The one place for these facts: type checker, code
// generator, generated C++ headers, `strowger modules`, documentation and linter all read this.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/findings.h"
#include "runtime/abi/values.h"

namespace strowger::modules {

/// How an argument (or the key of a variable) is written in the script and handed to C++. See docs/internals/modules.md.
enum class ArgKind {
  Int,        ///< Int: a constant number, or a constant string holding one, or a "$var(x)" whose value is an int
  String,     ///< Text: a constant format string, expanded when called
  Literal,    ///< Text: a constant string, taken as it is
  Regex,      ///< const Regex&: a constant POSIX extended pattern
  Subst,      ///< const Subst&: a constant "/re/repl/flags"
  Header,     ///< const HeaderName&: a header name
  Methods,    ///< Int: "INVITE|ACK" as a mask of MethodBit
  Variable,   ///< const VariableRef&: a variable to read or write, in quotes or bare
  RouteFailure, RouteBranch, RouteReply, RouteBranchFailure, RouteRequest,  ///< const RouteRef&: a block's name
  Flag,       ///< Int: 0..31 or a declared flag name
  LogLevel,   ///< Int: L_ALERT ... L_DBG as -5 ... 3 (its third letter counts), or a variable; INT64_MIN when that is no int
  Slot,       ///< Int: key only; every distinct constant name gets a number (worker-wide variables)
  Name,       ///< Text: key only; a constant name, or `$var(x)` for one made at run time
  Word,       ///< Text: key only; the constant text between the parentheses
  Format,     ///< Text: key only; text with variables, expanded when read
  Path,       ///< const Path&: key only; `a[i]=>b[j]` of xavp and friends
  Fields,     ///< const Path&: a constant text split at '/'; a step is one variable (index_variable) or the text as it is
  Table,      ///< key only; `table=>key`: const TableRef&, then the key as Text (a Format)
};

/// The static type of a variable, transformation or value.
enum class Type { Int, Text, Any };

/// How a constant text has to look: `form "REGEX" "what people write"`, an extended regular expression over all of it.
struct Form {
  std::string pattern;  ///< empty: any text
  std::string shown;
};

struct Argument {
  std::string name;
  ArgKind kind = ArgKind::String;
  bool hex = false;      ///< Int: "0x2" is a number, too
  bool lenient = false;  ///< Int: a variable without a number counts as 0 (else the call fails)
  std::optional<std::pair<Int, Int>> within = {};  ///< Int: only a number that is written there, between these
  std::vector<std::string> among = {};        ///< Literal: one of these, without regard to case; Word keys: one of these
  Form form = {};        ///< of the text as it is written, variables in it included
  bool writable = false; ///< Variable: one that can be set
  bool cells = false;    ///< Path: the last step may be two indexes without a name, `[a,b]`
  std::string separators = {};   ///< Fields: a list of variables between these characters, not steps between slashes
  std::vector<std::string> declared_by = {};  ///< Literal, Word: a name that one of these parameters of the module declares: a repeated
                                              ///< one by a value `name=>...`, another by its list `name;name`
  bool dynamic = false;  ///< accepts a non-constant expression (core.md 5.2)
};

struct Function {
  std::string module, name, doc;
  std::vector<Argument> args;
  std::uint32_t routes = 0;         ///< mask of RouteKind
  bool may_stop = false;            ///< `verdict`: 0 ends the script; `outcome` never returns 0
  bool pending = false;             ///< declared, no code yet: a call is a build error (E0901)
  bool evaluates = false;           ///< a last C++ parameter `const Path&`: the variables that texts may name at run time
  std::vector<std::string> does;    ///< effects: reply, relay, send_request, modify, log, write_shared, suspend ...
  std::vector<std::pair<int, std::string>> returns;
  std::vector<std::string> examples;
  std::string guard;                ///< `guard NAME`: a bool C++ member called first with the Int arguments; false skips
                                    ///< the call and the evaluation of its other arguments (result 1)
  std::string symbol;               ///< "stw.sl.sl_send_reply.2"
};

struct Parameter {
  std::string module, name, doc;
  bool is_text = false;
  bool is_variable = false;         ///< `variable`: a string naming a variable (is_text is true too)
  bool is_format = false;           ///< `format`: a string with variables, read like one (is_variable is true too)
  bool is_attributes = false;       ///< `attributes`: "name=$variable;name=$variable" (is_text is true too)
  bool repeated = false;            ///< every modparam adds one
  bool pending = false;             ///< known, but only its default is implemented: another value is a build error (E0902)
  bool stored = false;              ///< `stored`: db_url of a database that rows are added to
  bool asked = false;               ///< `asked`: "name=>URL" of a database that is asked in SQL
  bool ignored = false;             ///< accepted with a note: has no meaning here (memory manager tuning and such)
  std::optional<Int> number;        ///< default of an int
  std::optional<std::string> text;  ///< default of a string; none: unset (null)
  Form form = {};                             ///< of a string's value
  std::optional<std::pair<Int, Int>> within = {};  ///< values that mean something
  std::optional<std::pair<Int, Int>> works;   ///< those of them that have code; none: all
  std::string symbol;               ///< "stw.param.sl.default_code"
};

struct Variable {
  std::string module, name, doc;    ///< name without '$'
  std::optional<Argument> key;      ///< `$hdr(name: header)`
  bool key_optional = false;
  bool indexed = false;
  Type type = Type::Text;
  bool nullable = true;             ///< `string?`
  bool writable = false;
  bool pending = false;
  std::uint32_t routes = 0xffffffff;
  std::string getter, setter;       ///< symbols "stw.pv.get_rU", "stw.pv.set_rU"
};

struct Transformation {
  std::string module, klass, op, doc;
  std::vector<Argument> args;       ///< Int or String kinds; `rest: literal` takes raw_args unchanged
  std::size_t required = 0;         ///< arguments that must be there; missing ones are passed as 0 / null Text
  Type result = Type::Text;
  bool nullable = true;             ///< `string?`; a null or failed Text means "evaluation failed"
  bool accepts_null = false;        ///< called for undefined input too; otherwise undefined input gives undefined
  bool pending = false;
  std::string symbol;               ///< "stw.pv.s_substr"
  /// Does the last argument take the rest as it is written, commas included? (`literal` and `subst` do.)
  bool takes_raw_rest() const {
    return !args.empty() && (args.back().kind == ArgKind::Literal || args.back().kind == ArgKind::Subst);
  }
};

struct Event {
  std::string module, pattern, doc;   ///< "tm:branch-failure:*"; '*' matches the rest
  bool pending = false;
  bool once = false;                  ///< runs for the first one of each worker only
};

/// A command of the RPC front ends: `static void rpc_core_version(RpcCall&)`.
struct Rpc {
  std::string module, name, doc;
  bool is_array = false;            ///< `array`: the reply is a list, whatever its length
  bool pending = false;
  std::string symbol;               ///< "stw.core.rpc.core.version"
};

/// Points where the runtime calls a loaded module; the C++ members have these names. See runtime/script/image.h.
enum class Entry { Start, WorkerStart, RequestIn, ReplyIn, ScriptEnd, Tick, Stop };

struct ModuleInterface {
  std::string name, doc, file;
  bool pending = false;                 ///< no code at all: loading it is a note, calling it is E0901
  bool stores = false;                  ///< `stores`: a driver of databases that can add rows
  bool sql = false;                     ///< `sql`: a driver of databases that understand SQL
  bool acts = false;                    ///< `acts`: it works without being called or configured; building it while it is pending is E0907
  std::vector<std::string> requires_;   ///< modules whose C++ it uses; loading it without them is E0110
  std::vector<std::string> provides;    ///< modules that it stands in for: where it is loaded, they need not be
  std::vector<std::string> uses;        ///< modules whose C++ it calls where the script loads them (weak symbols)
  bool wants_rpc = false;               ///< `wants rpc`: an RPC front end; without one, programs have no RPC commands
  std::vector<std::string> links;       ///< system archives: "ssl", "crypto"
  std::vector<Function> functions;
  std::vector<Parameter> params;
  std::vector<Variable> variables;
  std::vector<Transformation> transformations;
  std::vector<Event> events;
  std::vector<Rpc> rpcs;
  std::vector<Entry> entries;
  std::map<std::string, std::string> function_aliases;  ///< alias -> name
  std::map<std::string, std::string> variable_aliases;
};

/// Parses one .module text; faults are findings with the module file's own lines.
ModuleInterface parse_module(const text::SourceFile& file, diagnostics::Findings& findings);

/// All modules that exist, by name.
class ModuleSet {
 public:
  /// The modules compiled into this program plus those of `--module-path` directories.
  static ModuleSet load(const std::vector<std::string>& extra_dirs, text::Sources& sources, diagnostics::Findings& findings);

  void add(ModuleInterface module);
  const ModuleInterface* find(std::string_view name) const;
  std::vector<const ModuleInterface*> all() const;
  /// The overload of a function with so many arguments among `loaded` modules; aliases are followed.
  const Function* find_function(std::string_view name, std::size_t arg_count, const std::vector<std::string>& loaded) const;
  /// Every module that has a function of that name, loaded or not (for "did you mean" and "loadmodule ...").
  std::vector<const Function*> functions_named(std::string_view name) const;
  const Variable* find_variable(std::string_view name, const std::vector<std::string>& loaded) const;
  std::vector<const Variable*> variables_named(std::string_view name) const;
  const Transformation* find_transformation(std::string_view klass, std::string_view op, std::size_t arg_count,
                                            const std::vector<std::string>& loaded) const;

 private:
  std::map<std::string, ModuleInterface, std::less<>> modules_;
};

/// The generated C++ header: `struct Sl { static Code sl_send_reply(Call&, Int, Text) asm("..."); ... };`
std::string print_header(const ModuleInterface& module);
/// Definitions of the module's parameters with their defaults, for programs that have no compiled script (tests, tools).
/// `slot` becomes the module's state index; it must differ between modules that are linked together.
std::string print_defaults(const ModuleInterface& module, std::uint32_t slot = 0);
/// The reference page in Markdown, and the JSON of `strowger modules --json`.
std::string print_reference(const ModuleInterface& module);
/// The part of the page that is about one declaration of `module`.
std::string print_reference(const ModuleInterface& module, const Function& f);
std::string print_reference(const ModuleInterface& module, const Parameter& p);
std::string print_reference(const ModuleInterface& module, const Variable& v);
std::string print_reference(const ModuleInterface& module, const Transformation& t);
std::string print_json(const ModuleInterface& module);

}  // namespace strowger::modules
