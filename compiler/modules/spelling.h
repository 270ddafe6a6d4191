// The words of .module files for kinds, types, routes and entries, and their C++ names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/modules/interface.h"

namespace strowger::modules {

std::optional<ArgKind> kind_named(std::string_view word);
std::string_view name_of(ArgKind kind);
/// Only in the key of a variable.
bool is_key_only(ArgKind kind);
/// `Int`, `Text`, `const Regex&` ...; Table is two parameters.
std::string_view cpp_type_of(ArgKind kind);

std::optional<std::uint32_t> route_named(std::string_view word);
/// "request_route failure_route", or "any_route".
std::string names_of_routes(std::uint32_t routes);
inline constexpr std::uint32_t kAnyRoute = 255;

std::optional<Entry> entry_named(std::string_view word);
std::string_view name_of(Entry entry);

/// "string?", "int", "any".
std::string print_type(Type type, bool nullable);
/// Int, Text or Value.
std::string_view cpp_type_of(Type type);

/// uac_redirect -> UacRedirect; a name that the runtime has gets `Module` behind: path -> PathModule.
std::string cpp_struct_name(std::string_view module);
/// A name as C++ takes it: other signs become '_', keywords get one more.
std::string cpp_identifier(std::string_view name);

}  // namespace strowger::modules
