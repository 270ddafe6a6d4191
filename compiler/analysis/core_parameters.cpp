// Global parameters, sockets, custom parameters and flag names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <array>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/text/names.h"
#include "compiler/analysis/passes.h"

namespace strowger::analysis {
namespace {

using Item = syntax::GlobalParam::Item;

constexpr CoreDeclaration kDeclarations[] = {
#define CORE(name, aliases, type, status, usual) {#name, aliases, CoreType::type, CoreStatus::status, usual},
#include "compiler/analysis/core_parameters.def"
#undef CORE
};

/// "yes" and its kin; bare words that are numbers.
std::optional<Int> number_of_word(std::string_view word) {
  if (word == "yes" || word == "true" || word == "on" || word == "enable") return 1;
  if (word == "no" || word == "false" || word == "off" || word == "disable") return 0;
  return std::nullopt;
}

std::optional<Int> number_of(const Item& item) {
  if (item.kind == Item::Kind::Number) return item.number;
  return item.kind == Item::Kind::Word ? number_of_word(item.text) : std::nullopt;
}

bool fits(CoreType type, const Item& item, const std::optional<Int>& number) {
  const bool is_string = item.kind == Item::Kind::String;
  const bool is_word = item.kind == Item::Kind::Word && !number && item.text.find_first_of(".:-") == std::string::npos;
  switch (type) {
    case CoreType::Number: return number.has_value();
    case CoreType::Unsigned:
    case CoreType::Switch: return number && *number >= 0;
    case CoreType::String: return is_string;
    case CoreType::Text: return is_string || is_word;
    case CoreType::Word: return is_word;
    case CoreType::Host: return true;
    case CoreType::Address: return item.kind == Item::Kind::Word && parse_network(item.text).has_value();
    case CoreType::Tos: return is_word || (number && *number >= 0);
    case CoreType::Any: return true;
  }
  return true;
}

/// The value by the parameter's type; nothing where it does not fit.
std::optional<program::CoreParameter> value_of(const CoreDeclaration& declared, const Item& item) {
  program::CoreParameter out;
  out.name = std::string(declared.name);
  const std::optional<Int> number = number_of(item);
  if (!fits(declared.type, item, number)) return std::nullopt;
  const bool takes_number = declared.type == CoreType::Number || declared.type == CoreType::Unsigned ||
                            declared.type == CoreType::Switch || declared.type == CoreType::Tos || declared.type == CoreType::Any;
  if (takes_number && number) {
    out.number = *number;
  } else {
    out.is_text = true;
    out.text = item.text;
  }
  return out;
}

bool is_usual(const CoreDeclaration& declared, const program::CoreParameter& value) {
  if (value.is_text) return value.text == declared.usual;
  const std::optional<Int> word = number_of_word(declared.usual);
  return value.number == (word ? *word : number_in(declared.usual).value_or(0));
}

std::string_view words_for(CoreType type) {
  switch (type) {
    case CoreType::Number:
      return "an int";
    case CoreType::Unsigned:
      return "an int that is not negative";
    case CoreType::Switch:
      return "yes or no";
    case CoreType::String:
      return "a string in quotes";
    case CoreType::Text:
      return "a string or word";
    case CoreType::Word:
      return "a word without quotes";
    case CoreType::Host:
      return "a host";
    case CoreType::Address:
      return "an IP address without quotes";
    case CoreType::Tos:
      return "a number or the name of a type of service";
    case CoreType::Any:
      return "a value";
  }
  return "a value";
}

void report_unknown(Context& context, const syntax::GlobalParam& param) {
  // Parameters of older versions: the lines change nothing.
  static constexpr std::string_view kRetired[] = {"fifo",      "statistics", "fifo_dir",  "fifo_mode",     "fifo_user", "fifo_group",
                                                  "fifo_db_url", "loop_checks", "unix_sock", "mi_fifo", "tls_enable"};
  if (!context.building() && std::find(std::begin(kRetired), std::end(kRetired), param.name) != std::end(kRetired)) {
    context.findings.add("W0117", param.name_span, {"global parameter '" + param.name + "'", "Kamailio 5 has it no more"});
    return;
  }
  diagnostics::Finding& finding = context.findings.add("E0119", param.name_span, {param.name, "does not exist"});
  std::vector<std::string_view> names;
  for (const CoreDeclaration& declared : kDeclarations) names.push_back(declared.name);
  const std::string near = text::nearest(param.name, names);
  if (!near.empty()) finding.help("did you mean '" + near + "'?");
}

/// Parameters of Kamailio 5.7 and later.
bool is_newer(std::string_view name) {
  static constexpr std::string_view kNewer[] = {
      "async_tkv_evcb", "async_tkv_gname", "maxsndbuffer", "mem_add_size",
      "msg_recv_max_size", "return_mode", "rpc_exec_delta", "tcp_accept_iplimit",
      "tcp_check_timer", "tcp_close_rst", "tcp_listen_backlog", "tcp_main_threads",
      "tcp_msg_data_timeout", "tcp_msg_read_timeout", "tls_connection_match_domain", "tls_threads_mode",
      "udp_receiver_mode", "xavp_via_reply_params"};
  return std::find(std::begin(kNewer), std::end(kNewer), name) != std::end(kNewer);
}

void set_one(Context& context, const syntax::GlobalParam& param) {
  const CoreDeclaration* declared = find_core_parameter(param.name);
  if (!declared) return report_unknown(context, param);
  if (param.values.empty()) {
    context.findings.add("E0119", param.span, {param.name, "has no value"});
    return;
  }
  std::optional<program::CoreParameter> value = value_of(*declared, param.values.front());
  if (!value) {
    context.findings.add("E0119", param.values.front().span,
                         {param.name, "needs " + std::string(words_for(declared->type))});
    return;
  }
  if (declared->status == CoreStatus::Pending && !is_usual(*declared, *value) && context.building())
    context.findings.add("E0902", param.span, {param.name});
  if (!context.building() && is_newer(declared->name))
    context.findings.add("W0118", param.name_span, {"global parameter '" + param.name + "'", "Kamailio 5.7 and later have it"});
  else if (declared->status == CoreStatus::Ignored && !is_usual(*declared, *value) && context.purpose == Purpose::Lint)
    context.findings.add("I0911", param.span, {param.name});
  if (declared->name == "max_while_loops") context.program.max_while_loops = value->number;
  if (declared->name == "max_recursive_level") context.program.max_recursive_level = value->number;
  if (declared->name == "log_prefix" && value->is_text && !value->text.empty())
    context.program.log_prefix = lower_format(context, value->text, param.values.front().span);
  // The last of several counts.
  for (program::CoreParameter& known : context.program.core_parameters)
    if (known.name == value->name) {
      known = std::move(*value);
      return;
    }
  context.program.core_parameters.push_back(std::move(*value));
}

/// Without a number a flag gets the first one that is free where it stands. `unique`: a name must not be declared twice.
void number_flags(Context& context, const std::vector<syntax::FlagDecl>& declared, bool unique) {
  std::array<bool, 32> taken{};
  if (unique)
    for (auto flag = declared.begin(); flag != declared.end(); ++flag) {
      const auto first = std::find_if(declared.begin(), flag, [&](const syntax::FlagDecl& other) { return other.name == flag->name; });
      if (first != flag) context.findings.add("E0005", flag->span, {flag->name}).note("first defined here", first->span);
    }
  for (const syntax::FlagDecl& flag : declared) {
    if (context.program.flags.count(flag.name)) continue;
    if (flag.number > 31) {
      context.findings.add("E0212", flag.span, {std::to_string(flag.number) + " is not between 0 and 31"});
      continue;
    }
    const auto free = std::find(taken.begin(), taken.end(), false);
    if (flag.number < 0 && free == taken.end()) {
      context.findings.add("E0212", flag.span, {"'" + flag.name + "' is one more than 32"});
      continue;
    }
    const int number = flag.number < 0 ? static_cast<int>(free - taken.begin()) : flag.number;
    taken[static_cast<std::size_t>(number)] = true;
    context.program.flags.emplace(flag.name, number);
  }
}

}  // namespace

const CoreDeclaration* find_core_parameter(std::string_view name) {
  for (const CoreDeclaration& declared : kDeclarations) {
    if (declared.name == name) return &declared;
    std::string_view rest = declared.aliases;
    while (!rest.empty()) {
      const std::size_t blank = rest.find(' ');
      if (rest.substr(0, blank) == name) return &declared;
      if (blank == std::string_view::npos) break;
      rest.remove_prefix(blank + 1);
    }
  }
  return nullptr;
}

/// What the runtime cannot listen on is refused, never left out.
static void check_listen(Context& context, const syntax::SocketSpec& socket) {
  if (!socket.protocol.empty() && socket.protocol != "udp" && socket.protocol != "tcp" && socket.protocol != "tls")
    context.findings.add("E0901", socket.span, {"listening on " + socket.protocol});
  if (socket.is_virtual) context.findings.add("E0901", socket.span, {"a virtual listen address"});
  // What lies on top of TCP is a module of its name; enable_tls=no leaves such sockets out.
  const auto is_on = [](const program::CoreParameter& one) { return one.name == "enable_tls" && one.number != 0; };
  const auto is_it = [&](const modules::ModuleInterface* module) { return module->name == socket.protocol; };
  const auto& parameters = context.program.core_parameters;
  const auto& loaded = context.program.loaded;
  if (socket.protocol == "tls" && std::any_of(parameters.begin(), parameters.end(), is_on) && std::none_of(loaded.begin(), loaded.end(), is_it))
    context.findings.add("E0906", socket.span, {socket.protocol});
}

void set_core_parameters(Context& context) {
  for (const syntax::GlobalParam& param : context.ast.globals) set_one(context, param);
  for (const syntax::SocketSpec& socket : context.ast.sockets) {
    if (!socket.is_alias && context.building()) check_listen(context, socket);
    (socket.is_alias ? context.program.aliases : context.program.listens).push_back(socket);
    // Of a list of hosts each is a socket; what SCTP makes of one belongs to it alone.
    for (const std::string& host : socket.more_hosts) {
      context.program.listens.push_back(socket);
      context.program.listens.back().host = host;
    }
  }
  context.program.custom = context.ast.custom;
  number_flags(context, context.ast.flags, true);
  number_flags(context, context.ast.avpflags, false);   // bits of their own; a name that is both has one number
}

}  // namespace strowger::analysis
