// The core commands and their arguments.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/core_words.h"

namespace strowger::syntax {
namespace {

/// `args`: one letter an argument. s string, n number, f flag (number or name), h host, p port (number or uri:port),
/// a socket address, w protocol, e number or variable; after '?' they may be left out; '|' separates forms.
struct Shape {
  std::string_view name;
  std::string_view args;
  bool bare = false;  ///< may be written without parentheses
};

constexpr Shape kCommands[] = {
    {"rewriteuri", "s"}, {"seturi", "s"},
    {"revert_uri", "", true},
    {"rewritehost", "s"}, {"sethost", "s"}, {"seth", "s"},
    {"rewritehostport", "s"}, {"sethostport", "s"}, {"sethp", "s"},
    {"rewritehostporttrans", "s"}, {"sethostporttrans", "s"}, {"sethpt", "s"},
    {"rewriteport", "s"}, {"setport", "s"}, {"setp", "s"},
    {"rewriteuser", "s"}, {"setuser", "s"}, {"setu", "s"},
    {"rewriteuserpass", "s"}, {"setuserpass", "s"}, {"setup", "s"},
    {"prefix", "s"}, {"strip", "n"}, {"strip_tail", "n"}, {"userphone", ""},
    {"forward", "?hp"}, {"forward_udp", "h?p"}, {"forward_tcp", "h?p"}, {"forward_tls", "h?p"}, {"forward_sctp", "h?p"},
    {"force_rport", "", true}, {"add_rport", "", true}, {"add_local_rport", "", true},
    {"force_tcp_alias", "?n", true}, {"add_tcp_alias", "?n", true},
    {"force_send_socket", "a"}, {"set_advertised_address", "h"}, {"set_advertised_port", "n"},
    {"udp_mtu_try_proto", "w"},
    {"set_forward_no_connect", "", true}, {"set_forward_close", "", true},
    {"set_reply_no_connect", "", true}, {"set_reply_close", "", true},
    {"setflag", "f"}, {"resetflag", "f"}, {"isflagset", "f"},
    {"setavpflag", "sf"}, {"resetavpflag", "sf"}, {"isavpflagset", "sf"},
    {"remove_branch", "?e"}, {"clear_branches", ""},
    {"log", "s|ns"}, {"error", "ss"}, {"exec", "s"},
    {"cfg_select", "se"}, {"cfg_reset", "s"},
};

const Shape* find(std::string_view name) {
  for (const Shape& shape : kCommands)
    if (shape.name == name) return &shape;
  return nullptr;
}

bool fits(char letter, const Expr& arg) {
  const bool number = arg.kind == Expr::Kind::Number;
  const bool string = arg.kind == Expr::Kind::String;
  const bool word = arg.kind == Expr::Kind::BareWord;
  const bool network = arg.kind == Expr::Kind::Network;
  const std::size_t colon = arg.text.find(':');
  const bool with_port = colon != std::string::npos && arg.text.find(':', colon + 1) == std::string::npos;
  switch (letter) {
    case 's': return string;
    case 'n': return number;
    case 'f': return number || string || (word && arg.text.find(':') == std::string::npos);
    case 'h': return string || (network && !with_port) || (word && arg.text != "uri:port");
    case 'p': return number || (word && arg.text == "uri:port");
    case 'a': return string || network || (word && arg.text.find(':') == std::string::npos);
    case 'w': return arg.kind == Expr::Kind::Protocol;
    case 'e': return number || arg.kind == Expr::Kind::Variable;
    default: return false;
  }
}

std::string_view words_for(char letter) {
  switch (letter) {
    case 's': return "a string";
    case 'n': return "a number";
    case 'f': return "a flag";
    case 'h': return "a host";
    case 'p': return "a port";
    case 'a': return "a socket";
    case 'w': return "a protocol";
    default: return "a number or variable";
  }
}

bool fits_form(std::string_view form, const std::vector<ExprPtr>& args) {
  std::size_t i = 0;
  bool optional = false;
  for (const char letter : form) {
    if (letter == '?') {
      optional = true;
      continue;
    }
    if (i == args.size()) return optional;
    if (!fits(letter, *args[i])) return false;
    ++i;
  }
  return i == args.size();
}

std::string words_for_form(std::string_view form) {
  if (form.empty()) return "no argument";
  std::string out;
  bool optional = false;
  for (const char letter : form) {
    if (letter == '?') {
      optional = true;
      continue;
    }
    if (!out.empty()) out += ", ";
    if (optional) out += "optionally ";
    out += words_for(letter);
  }
  return out;
}

}  // namespace

bool is_core_command(std::string_view name) { return find(name) != nullptr; }

std::string check_core_command(std::string_view name, const std::vector<ExprPtr>& args, bool parentheses) {
  const Shape* shape = find(name);
  if (!shape) return {};
  if (!parentheses && !shape->bare) return "needs parentheses";
  std::string wanted;
  for (std::string_view forms = shape->args;;) {
    const std::size_t bar = forms.find('|');
    const std::string_view form = forms.substr(0, bar);
    if (fits_form(form, args)) return {};
    wanted += (wanted.empty() ? "" : ", or ") + words_for_form(form);
    if (bar == std::string_view::npos) break;
    forms.remove_prefix(bar + 1);
  }
  return "takes " + wanted + (shape->args == "" ? "" : "; literals only");
}

}  // namespace strowger::syntax
