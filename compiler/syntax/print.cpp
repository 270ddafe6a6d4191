// The AST as text: one node a line for --emit ast, and expressions back as script text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/parse.h"

namespace strowger::syntax {
namespace {

const char* spelling(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add: return "+";
    case BinaryOp::Sub: return "-";
    case BinaryOp::Mul: return "*";
    case BinaryOp::Div: return "/";
    case BinaryOp::Mod: return "mod";
    case BinaryOp::Shl: return "<<";
    case BinaryOp::Shr: return ">>";
    case BinaryOp::BitAnd: return "&";
    case BinaryOp::BitOr: return "|";
    case BinaryOp::BitXor: return "^";
    case BinaryOp::Lt: return "<";
    case BinaryOp::Gt: return ">";
    case BinaryOp::Le: return "<=";
    case BinaryOp::Ge: return ">=";
    case BinaryOp::Eq: return "==";
    case BinaryOp::Ne: return "!=";
    case BinaryOp::Match: return "=~";
    case BinaryOp::StrEq: return "eq";
    case BinaryOp::StrNe: return "ne";
    case BinaryOp::IntEq: return "ieq";
    case BinaryOp::IntNe: return "ine";
    case BinaryOp::And: return "&&";
    case BinaryOp::Or: return "||";
  }
  return "?";
}

const char* spelling(CoreWord word) {
  switch (word) {
    case CoreWord::Method: return "method";
    case CoreWord::Uri: return "uri";
    case CoreWord::Status: return "status";
    case CoreWord::FromUri: return "from_uri";
    case CoreWord::ToUri: return "to_uri";
    case CoreWord::SrcIp: return "src_ip";
    case CoreWord::DstIp: return "dst_ip";
    case CoreWord::SndIp: return "snd_ip";
    case CoreWord::ToIp: return "to_ip";
    case CoreWord::SrcPort: return "src_port";
    case CoreWord::DstPort: return "dst_port";
    case CoreWord::SndPort: return "snd_port";
    case CoreWord::ToPort: return "to_port";
    case CoreWord::Af: return "af";
    case CoreWord::SndAf: return "snd_af";
    case CoreWord::MsgLen: return "msg:len";
    case CoreWord::Proto: return "proto";
    case CoreWord::SndProto: return "snd_proto";
    case CoreWord::Myself: return "myself";
  }
  return "?";
}

const char* name_of(RouteKind kind) {
  switch (kind) {
    case kRequestRoute: return "request_route";
    case kFailureRoute: return "failure_route";
    case kCoreReplyRoute: return "reply_route";
    case kReplyRoute: return "onreply_route";
    case kBranchRoute: return "branch_route";
    case kOnsendRoute: return "onsend_route";
    case kEventRoute:
    case kBranchFailureRoute: return "event_route";
  }
  return "?";
}

std::string quote(std::string_view text) {
  static const char* const kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

class Printer {
 public:
  std::string out;

  void line(int depth, const std::string& text) {
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
    out += text;
    out += '\n';
  }

  void block(int depth, const Block& block) {
    for (const StatementPtr& statement : block) this->statement(depth, *statement);
  }

  void statement(int depth, const Statement& s) {
    using Kind = Statement::Kind;
    const std::string value = s.expr ? " " + print(*s.expr) : "";
    switch (s.kind) {
      case Kind::Empty: return line(depth, "empty");
      case Kind::Call: return line(depth, "call" + value);
      case Kind::Assign: return line(depth, "assign " + print(*s.target) + " =" + value);
      case Kind::Return: return line(depth, "return" + value);
      case Kind::Exit: return line(depth, "exit" + value);
      case Kind::Drop: return line(depth, "drop" + value);
      case Kind::Break: return line(depth, "break");
      case Kind::While:
        line(depth, "while" + value);
        return block(depth + 1, s.then);
      case Kind::If:
        line(depth, "if" + value);
        block(depth + 1, s.then);
        if (!s.has_else) return;
        line(depth, "else");
        return block(depth + 1, s.otherwise);
      case Kind::Switch:
        line(depth, "switch" + value);
        for (const Case& label : s.cases) {
          if (label.kind == Case::Kind::Default) {
            line(depth + 1, "default");
          } else {
            line(depth + 1, (label.kind == Case::Kind::Regex ? "case / " : "case ") + print(*label.label));
          }
          block(depth + 2, label.body);
        }
        return;
    }
  }
};

std::string item_text(const GlobalParam::Item& item) {
  switch (item.kind) {
    case GlobalParam::Item::Kind::Number: return std::to_string(item.number);
    case GlobalParam::Item::Kind::String: return quote(item.text);
    case GlobalParam::Item::Kind::Word: return item.text;
  }
  return {};
}

std::string host_text(const std::string& host) { return host.find(':') != std::string::npos ? "[" + host + "]" : host; }

std::string socket_text(const SocketSpec& socket) {
  std::string out = socket.is_alias ? "alias " : "listen ";
  if (!socket.protocol.empty()) out += socket.protocol + ":";
  if (socket.more_hosts.empty()) {
    out += host_text(socket.host);
  } else {
    out += "(" + host_text(socket.host);
    for (const std::string& host : socket.more_hosts) out += ", " + host_text(host);
    out += ")";
  }
  if (socket.port) out += ":" + std::to_string(socket.port);
  if (!socket.advertise_host.empty()) {
    out += " advertise " + host_text(socket.advertise_host);
    if (socket.advertise_port) out += ":" + std::to_string(socket.advertise_port);
  }
  if (!socket.name.empty()) out += " name " + quote(socket.name);
  if (socket.workers) out += " workers " + std::to_string(socket.workers);
  if (socket.is_virtual) out += " virtual";
  return out;
}

std::string arguments(const Expr& expr) {
  std::string out = "(";
  for (std::size_t i = 0; i < expr.args.size(); ++i) out += (i ? ", " : "") + print(*expr.args[i]);
  return out + ")";
}

/// A single-line form of the statements of a block expression.
std::string inline_block(const Block& block) {
  Printer printer;
  printer.block(0, block);
  std::string out = "{ ";
  for (const char c : printer.out) out += c == '\n' ? std::string("; ") : std::string(1, c);
  return out + "}";
}

}  // namespace

std::string print(const PvRef& pv) {
  const bool wrapped = pv.index.kind != PvIndex::Kind::None || !pv.transforms.empty() || pv.name.find('.') != std::string::npos;
  std::string out = wrapped ? "$(" : "$";
  out += pv.name;
  if (pv.has_inner) out += "(" + pv.inner + ")";
  switch (pv.index.kind) {
    case PvIndex::Kind::None: break;
    case PvIndex::Kind::Number: out += "[" + std::to_string(pv.index.number) + "]"; break;
    case PvIndex::Kind::All: out += "[*]"; break;
    case PvIndex::Kind::Variable: out += "[" + print(*pv.index.variable) + "]"; break;
  }
  for (const Transform& transform : pv.transforms) {
    out += "{" + transform.klass + "." + transform.op;
    if (!transform.args.empty()) out += "," + transform.raw_args;
    out += "}";
  }
  if (wrapped) out += ")";
  return out;
}

std::string print(const Expr& expr) {
  using Kind = Expr::Kind;
  switch (expr.kind) {
    case Kind::Number: return std::to_string(expr.number);
    case Kind::String: return quote(expr.text);
    case Kind::Variable: return print(expr.pv);
    case Kind::Select: return "@" + expr.text;
    case Kind::Call:
    case Kind::RouteCall: return expr.text + arguments(expr);
    case Kind::SelVal: return "selval" + arguments(expr);
    case Kind::CoreWord: return spelling(expr.word);
    case Kind::Network:
    case Kind::Protocol:
    case Kind::BareWord: return expr.text;
    case Kind::Assign: return "(" + print(*expr.args[0]) + " = " + print(*expr.args[1]) + ")";
    case Kind::Block: return inline_block(expr.block);
    case Kind::Binary: return "(" + print(*expr.args[0]) + " " + spelling(expr.binary) + " " + print(*expr.args[1]) + ")";
    case Kind::Unary: {
      const std::string operand = print(*expr.args[0]);
      switch (expr.unary) {
        case UnaryOp::Not: return "!" + operand;
        case UnaryOp::BitNot: return "~" + operand;
        case UnaryOp::Negate: return operand.starts_with('-') ? "-(" + operand + ")" : "-" + operand;
        case UnaryOp::ToInt: return "(int)" + operand;
        case UnaryOp::ToText: return "(str)" + operand;
        case UnaryOp::Defined: return "defined " + operand;
        case UnaryOp::StrLen: return "strlen(" + operand + ")";
        case UnaryOp::StrEmpty: return "strempty(" + operand + ")";
      }
      return {};
    }
  }
  return {};
}

std::string print(const Ast& ast) {
  Printer printer;
  for (const GlobalParam& param : ast.globals) {
    std::string text = "param " + param.name + " =";
    for (const auto& item : param.values) text += " " + item_text(item);
    printer.line(0, text);
  }
  for (const SocketSpec& socket : ast.sockets) printer.line(0, socket_text(socket));
  for (const CustomParam& param : ast.custom) {
    std::string text = "custom " + param.group;
    if (param.has_instance) text += "[" + std::to_string(param.instance) + "]";
    text += "." + param.name + " = " + (param.is_text ? quote(param.text) : std::to_string(param.number));
    if (!param.description.empty()) text += " desc " + quote(param.description);
    printer.line(0, text);
  }
  const auto flag = [&](const char* kind, const FlagDecl& decl) {
    printer.line(0, std::string(kind) + " " + decl.name + (decl.number >= 0 ? " : " + std::to_string(decl.number) : ""));
  };
  for (const FlagDecl& decl : ast.flags) flag("flag", decl);
  for (const FlagDecl& decl : ast.avpflags) flag("avpflag", decl);
  for (const LoadModule& module : ast.modules) printer.line(0, "module " + quote(module.name));
  for (const ModParam& param : ast.modparams)
    printer.line(0, "modparam " + quote(param.module_pattern) + " " + quote(param.name) + " = " +
                        (param.is_text ? quote(param.text) : std::to_string(param.number)));
  for (const Route& route : ast.routes) {
    std::string text = route.kind == kRequestRoute && !route.name.empty() ? "route" : name_of(route.kind);
    if (!route.name.empty()) text += "[" + route.name + "]";
    printer.line(0, text);
    printer.block(1, route.body);
  }
  return printer.out;
}

}  // namespace strowger::syntax
