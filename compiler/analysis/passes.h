// The passes over the top level of a script, in the order analyse.cpp runs them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/analysis/context.h"

namespace strowger::analysis {

/// Which modules the script loads: Program::loaded and Context::loaded.
void load_modules(Context& context);
/// "/usr/lib/kamailio/modules/tm.so" -> "tm".
std::string module_name(std::string loaded);
/// A module that Kamailio 5.6 has not, but another version.
struct OtherModule {
  std::string_view name;
  std::string_view words;  ///< what became of it
  bool is_newer = false;
};
/// What loadmodule names, where it is one of those; else null.
const OtherModule* other_module(const std::string& loaded);
/// modparam: the values of all parameters of all loaded modules.
void set_parameters(Context& context);
/// Global parameters, sockets, custom parameters, flags.
void set_core_parameters(Context& context);
/// Names and symbols of all route blocks.
void collect_routes(Context& context);
/// The bodies of all route blocks.
void lower_routes(Context& context);
/// Program::known_variables, where a function wants them: every variable without a key, and all that the script writes.
void list_known_variables(Context& context);
/// Which routes can reach themselves: Route::recursive.
void mark_recursive_routes(Context& context);
/// What variables hold where they are read: Program::facts, slot_facts, Route::is_entry and kept (flow.cpp).
void analyse_flow(program::Program& program);

/// What a global parameter is here (core_parameters.def).
enum class CoreType { Number, Unsigned, Switch, String, Text, Word, Host, Address, Tos, Any };
enum class CoreStatus { Implemented, Ignored, Pending };
struct CoreDeclaration {
  std::string_view name;
  std::string_view aliases;  ///< separated by blanks
  CoreType type;
  CoreStatus status;
  std::string_view usual;  ///< the default, for pending ones: other values cannot be built
};
/// By name or alias; null where there is none.
const CoreDeclaration* find_core_parameter(std::string_view name);

}  // namespace strowger::analysis
