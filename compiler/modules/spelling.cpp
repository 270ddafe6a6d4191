// Tables between the words of .module files and what they mean.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/modules/spelling.h"

#include <array>
#include <utility>

namespace strowger::modules {
namespace {

struct KindRow {
  std::string_view word;
  ArgKind kind;
  std::string_view cpp;
  bool key_only;
};

constexpr std::array kKinds = {
    KindRow{"int", ArgKind::Int, "Int", false},
    KindRow{"string", ArgKind::String, "Text", false},
    KindRow{"literal", ArgKind::Literal, "Text", false},
    KindRow{"regex", ArgKind::Regex, "const Regex&", false},
    KindRow{"subst", ArgKind::Subst, "const Subst&", false},
    KindRow{"header", ArgKind::Header, "const HeaderName&", false},
    KindRow{"methods", ArgKind::Methods, "Int", false},
    KindRow{"variable", ArgKind::Variable, "const VariableRef&", false},
    KindRow{"route_failure", ArgKind::RouteFailure, "const RouteRef&", false},
    KindRow{"route_branch", ArgKind::RouteBranch, "const RouteRef&", false},
    KindRow{"route_reply", ArgKind::RouteReply, "const RouteRef&", false},
    KindRow{"route_branch_failure", ArgKind::RouteBranchFailure, "const RouteRef&", false},
    KindRow{"route_request", ArgKind::RouteRequest, "const RouteRef&", false},
    KindRow{"flag", ArgKind::Flag, "Int", false},
    KindRow{"log_level", ArgKind::LogLevel, "Int", false},
    KindRow{"slot", ArgKind::Slot, "Int", true},
    KindRow{"name", ArgKind::Name, "Text", true},
    KindRow{"word", ArgKind::Word, "Text", true},
    KindRow{"format", ArgKind::Format, "Text", true},
    KindRow{"path", ArgKind::Path, "const Path&", true},
    KindRow{"fields", ArgKind::Fields, "const Path&", false},
    KindRow{"table", ArgKind::Table, "const TableRef&", true},
};

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 9> kRoutes = {{
    {"any_route", kAnyRoute},
    {"request_route", kRequestRoute},
    {"failure_route", kFailureRoute},
    {"core_reply_route", kCoreReplyRoute},
    {"reply_route", kReplyRoute},
    {"branch_route", kBranchRoute},
    {"onsend_route", kOnsendRoute},
    {"event_route", kEventRoute},
    {"branch_failure_route", kBranchFailureRoute},
}};

constexpr std::array<std::pair<std::string_view, Entry>, 7> kEntries = {{
    {"start", Entry::Start},
    {"worker_start", Entry::WorkerStart},
    {"request_in", Entry::RequestIn},
    {"reply_in", Entry::ReplyIn},
    {"script_end", Entry::ScriptEnd},
    {"tick", Entry::Tick},
    {"stop", Entry::Stop},
}};

constexpr std::array<std::string_view, 92> kCppWords = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "char8_t", "char16_t", "char32_t", "class", "compl", "concept", "const", "consteval", "constexpr", "constinit",
    "const_cast", "continue", "co_await", "co_return", "co_yield", "decltype", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if",
    "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or",
    "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "return", "short", "signed",
    "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template", "this", "thread_local", "throw",
    "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual", "void", "volatile",
    "wchar_t", "while", "xor", "xor_eq",
};

/// Types of the runtime that a module's struct must not hide: these get `Module` behind.
constexpr std::array<std::string_view, 20> kRuntimeTypes = {
    "Address", "Arena", "Avp", "Call", "Clock", "Counters", "Header", "Message", "Network", "Path",
    "Process", "Protocol", "Proxy", "Regex", "Subst", "Text", "Timer", "Uri", "Value", "Worker",
};

}  // namespace

std::optional<ArgKind> kind_named(std::string_view word) {
  for (const KindRow& row : kKinds)
    if (row.word == word) return row.kind;
  return std::nullopt;
}

std::string_view name_of(ArgKind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row.word;
  return "";
}

bool is_key_only(ArgKind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row.key_only;
  return false;
}

std::string_view cpp_type_of(ArgKind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row.cpp;
  return "";
}

std::optional<std::uint32_t> route_named(std::string_view word) {
  for (const auto& [name, bit] : kRoutes)
    if (name == word) return bit;
  return std::nullopt;
}

std::string names_of_routes(std::uint32_t routes) {
  if ((routes & kAnyRoute) == kAnyRoute) return "any_route";
  std::string names;
  for (const auto& [name, bit] : kRoutes) {
    if (bit == kAnyRoute || !(routes & bit)) continue;
    if (!names.empty()) names += ' ';
    names += name;
  }
  return names;
}

std::optional<Entry> entry_named(std::string_view word) {
  for (const auto& [name, entry] : kEntries)
    if (name == word) return entry;
  return std::nullopt;
}

std::string_view name_of(Entry entry) {
  for (const auto& [name, value] : kEntries)
    if (value == entry) return name;
  return "";
}

std::string print_type(Type type, bool nullable) {
  switch (type) {
    case Type::Int: return "int";
    case Type::Text: return nullable ? "string?" : "string";
    case Type::Any: return nullable ? "any?" : "any";
  }
  return "";
}

std::string_view cpp_type_of(Type type) {
  switch (type) {
    case Type::Int: return "Int";
    case Type::Text: return "Text";
    case Type::Any: return "Value";
  }
  return "";
}

std::string cpp_struct_name(std::string_view module) {
  std::string name;
  bool upper = true;
  for (const char c : module) {
    if (c == '_') {
      upper = true;
      continue;
    }
    name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  for (const std::string_view type : kRuntimeTypes)
    if (type == name) return name + "Module";
  return name;
}

std::string cpp_identifier(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    id += ok ? c : '_';
  }
  if (id.empty() || (id[0] >= '0' && id[0] <= '9')) id = "_" + id;
  for (const std::string_view word : kCppWords)
    if (word == id) return id + "_";
  return id;
}

}  // namespace strowger::modules
