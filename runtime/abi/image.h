// The compiled script as the runtime sees it: constant data and functions that codegen emits.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// codegen/ builds these structs field by field in LLVM IR (compiler/codegen/image.cpp); the static_asserts at the end pin
// the layout that both sides rely on. Pointers to arrays come with counts; unset texts are null.
#pragma once

#include <string>

#include "runtime/abi/automaton.h"
#include "runtime/abi/values.h"

namespace strowger {

struct Call;
struct Process;
struct RpcCall;
struct Worker;

/// A compiled route block. Its return value is the route's return code; exit and drop are marks in the Call.
using RouteFunction = Int (*)(Call*);

struct RouteRef {
  Text name;
  RouteFunction function = nullptr;  ///< null where the script names a block that does not exist (t_on_failure("X"))
  std::uint32_t kind = 0;            ///< RouteKind
  std::uint32_t line = 0;
};

/// A POSIX extended pattern. `=~` and `case` are code of their own where the automaton is small.
struct Regex {
  Text pattern;
  std::uint32_t ignore_case = 0;
  std::uint32_t newline = 0;      ///< REG_NEWLINE: `^` `$` match at lines, `.` and `[^x]` do not match LF
  mutable const void* compiled = nullptr;  ///< the runtime's Pattern, set at start
  const AutomatonImage* automaton = nullptr;  ///< null: RE2's
};

/// A variable that is handed to a function: `pv_printf("$var(x)", ...)`, `$T_req($ru)`.
struct VariableRef {
  Value (*get)(Call*) = nullptr;
  Code (*set)(Call*, Value) = nullptr;  ///< null when read-only
  Text name;                            ///< as written
};

/// A piece of a substitution's replacement: literal text, a back-reference, or a variable.
struct SubstPart {
  Text literal;                         ///< null unless a literal
  const VariableRef* variable = nullptr;
  std::int64_t group = -1;              ///< \0 to \9
};

/// "/re/repl/flags".
struct Subst {
  Regex regex;
  const SubstPart* parts = nullptr;
  std::uint64_t part_count = 0;
  std::uint64_t replace_all = 0;        ///< flag g
};

/// A header name; id is sip::HeaderId, 0 for names without one. Compact forms have the long form's id.
struct HeaderName {
  Text name;
  std::uint64_t id = 0;
};

/// `a[i]=>b[j]`: names with their indexes; an index is kNoIndex, a number, or comes from a variable.
struct PathStep {
  Text name;
  Index index = kNoIndex;
  const VariableRef* index_variable = nullptr;
};
struct Path {
  const PathStep* steps = nullptr;
  std::uint64_t count = 0;
};

/// A table named by the script (`$sht(t=>k)`), numbered at compile time.
struct TableRef {
  Text name;
  std::uint64_t number = 0;
};

struct TextList {
  const Text* items = nullptr;
  std::uint64_t count = 0;
};
struct IntList {
  const Int* items = nullptr;
  std::uint64_t count = 0;
};

/// A listen socket or alias, by its parts; protocol 1 udp, 2 tcp, 3 tls, 4 sctp, 5 ws, 6 wss, 0 any.
struct SocketDecl {
  Text host;
  std::uint32_t port = 0;
  std::uint32_t protocol = 0;
  Text advertise_host;
  std::uint64_t advertise_port = 0;
  Text name;
};

/// What one loaded module brings; functions that it does not have are null.
struct ModuleImage {
  Text name;
  void (*start)(Process&) = nullptr;
  void (*worker_start)(Worker&) = nullptr;
  bool (*request_in)(Call&) = nullptr;   ///< before request_route; true: taken, the script does not run
  bool (*reply_in)(Call&) = nullptr;     ///< after the core reply_route; true: taken, no stateless forwarding
  void (*script_end)(Call&) = nullptr;   ///< after a request_route (or a failure_route) ended
  void (*tick)(Worker&) = nullptr;       ///< once a second
  void (*stop)(Process&) = nullptr;      ///< orderly end
};

/// `$var`-like slot that modparam("pv", "varset", ...) or the script fills at start.
struct NamedInt { Text name; Int value = 0; };

/// A core parameter that was set in the script, by its canonical name (core.md).
struct CoreParam { Text name; Int number = 0; Text text; };

/// A custom parameter, `pstn.gw_ip`.
struct CustomParamImage { Text group; Text name; Int number = 0; Text text; };

/// A command that the RPC front ends (jsonrpcs, ctl) offer. The array is sorted by name, and empty where none is loaded.
struct RpcRef {
  Text name;                            ///< "core.version"
  void (*run)(RpcCall&) = nullptr;
  std::uint64_t is_array = 0;           ///< the reply is a list, whatever its length
  Text doc;
};

/// One byte for each statement, set when it runs; none unless the script was built for `strowger test`.
struct Coverage {
  std::uint8_t* ran = nullptr;
  std::uint64_t count = 0;
};

/// System calls beyond those of a proxy that only talks over sockets and reads files: ScriptImage::needs, for --seccomp.
enum NeedBit : std::uint64_t {
  kNeedsFiles = 1,                      ///< writes files: functions that say `does file`
  kNeedsPrograms = 2,                   ///< starts programs: `does exec`
};

/// The root. Its symbol is `stw_script`.
struct ScriptImage {
  std::uint64_t abi_version = 1;
  Text cfg_path;
  Text cfg_hash;
  Text toolchain_version;
  RouteFunction request_route = nullptr;
  RouteFunction reply_route = nullptr;     ///< core onreply_route
  RouteFunction onsend_route = nullptr;
  const RouteRef* routes = nullptr;        ///< every named block: route[X] (for route($var)), event routes ("core:...")
  std::uint64_t route_count = 0;
  const SocketDecl* listens = nullptr;
  std::uint64_t listen_count = 0;
  const SocketDecl* aliases = nullptr;
  std::uint64_t alias_count = 0;
  const ModuleImage* modules = nullptr;    ///< in the order of loadmodule, core first
  std::uint64_t module_count = 0;
  const CoreParam* core_params = nullptr;  ///< those that the script sets
  std::uint64_t core_param_count = 0;
  const CustomParamImage* custom_params = nullptr;
  std::uint64_t custom_param_count = 0;
  const NamedInt* slots = nullptr;         ///< names of $var slots, index = slot; value unused
  std::uint64_t slot_count = 0;
  const Text* tables = nullptr;            ///< names of $sht tables, index = TableRef::number
  std::uint64_t table_count = 0;
  const Regex* const* regexes = nullptr;   ///< constant patterns that functions get (substitutions' too)
  std::uint64_t regex_count = 0;
  Text (*log_prefix)(Call*) = nullptr;     ///< evaluates the core parameter log_prefix
  const RouteRef* event_routes = nullptr;  ///< every event_route, name "mod:event"
  std::uint64_t event_route_count = 0;
  const RpcRef* rpcs = nullptr;            ///< commands of the loaded modules
  std::uint64_t rpc_count = 0;
  bool (*compile_regex)(const Regex&, std::string& why) = nullptr;  ///< null where every constant pattern is an automaton
  Coverage coverage;
  std::uint64_t needs = 0;                 ///< NeedBit of every function that the script calls
};
static_assert(sizeof(RouteRef) == 32 && sizeof(Regex) == 40 && sizeof(VariableRef) == 32 && sizeof(HeaderName) == 24);
static_assert(sizeof(SubstPart) == 32 && sizeof(Subst) == 64 && sizeof(PathStep) == 32 && sizeof(TableRef) == 24);
static_assert(sizeof(SocketDecl) == 64 && sizeof(ModuleImage) == 72 && sizeof(CoreParam) == 40 && sizeof(CustomParamImage) == 56);
static_assert(sizeof(RpcRef) == 48);

extern "C" const ScriptImage stw_script;

}  // namespace strowger
