// The program as text: one statement a line, expressions as nested lists with their types where conversions matter.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <arpa/inet.h>

#include "compiler/program/program.h"

namespace strowger::program {
namespace {

const char* const kOps[] = {"int",
                            "text",
                            "null",
                            "variable",
                            "transform",
                            "call",
                            "call-route",
                            "call-route-named",
                            "truth",
                            "to-int",
                            "to-text",
                            "to-any",
                            "+",
                            "-",
                            "*",
                            "/",
                            "mod",
                            "<<",
                            ">>",
                            "&",
                            "|",
                            "^",
                            "<",
                            ">",
                            "<=",
                            ">=",
                            "eq-int",
                            "ne-int",
                            "and",
                            "or",
                            "not",
                            "bit-not",
                            "negate",
                            "concat",
                            "eq-text",
                            "ne-text",
                            "eq-text-nocase",
                            "ne-text-nocase",
                            "match",
                            "match-dynamic",
                            "strlen",
                            "strempty",
                            "+any",
                            "eq-any",
                            "ne-any",
                            "defined",
                            "selval",
                            "condition-text",
                            "condition-int",
                            "myself",
                            "in-network",
                            "is-host",
                            "assign",
                            "block"};
static_assert(sizeof kOps / sizeof kOps[0] == static_cast<std::size_t>(Op::Block) + 1);

const char* const kWords[] = {"method", "uri",     "status",   "from_uri",  "to_uri",   "src_ip",  "dst_ip",
                              "snd_ip", "to_ip",   "src_port", "dst_port",  "snd_port", "to_port", "af",
                              "snd_af", "msg:len", "proto",    "snd_proto", "myself"};

std::string quoted(const std::string& text) {
  static const char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c < 32)
      out += "\\x", out += kHex[c >> 4], out += kHex[c & 15];
    else
      out += static_cast<char>(c);
  }
  return out + "\"";
}

std::string print_network(const Network& network) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(network.family == 4 ? AF_INET : AF_INET6, network.address, text, sizeof text);
  return std::string(text) + "/" + std::to_string(network.prefix);
}

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {}

  std::string run() {
    for (const modules::ModuleInterface* module : program_.loaded) line(0, "module " + module->name);
    for (const ParameterValue& value : program_.parameters)
      if (value.set_by_script) line(0, "modparam " + print_parameter(value));
    for (const CoreParameter& p : program_.core_parameters)
      line(0, "global " + p.name + " " + (p.is_text ? quoted(p.text) : std::to_string(p.number)));
    for (const auto& [name, number] : program_.flags) line(0, "flag " + name + " " + std::to_string(number));
    if (program_.log_prefix) line(0, "log_prefix " + print(*program_.log_prefix));
    for (const Route& route : program_.routes) {
      line(0, route.symbol + (route.recursive ? " recursive" : ""));
      print(route.body, 1);
    }
    return std::move(out_);
  }

 private:
  void line(int depth, const std::string& text) {
    out_ += std::string(static_cast<std::size_t>(depth) * 2, ' ') + text + "\n";
  }

  std::string print_parameter(const ParameterValue& value) const {
    std::string out = value.parameter->module + "." + value.parameter->name;
    for (Int number : value.numbers) out += " " + std::to_string(number);
    for (const std::string& text : value.texts) out += " " + quoted(text);
    if (value.variable) out += " -> " + print(program_.variables[value.variable - 1]);
    if (value.path)
      for (const PathConstant::Step& step : program_.paths[value.path - 1].steps)
        out += " " + step.name + "=" + print(program_.variables[step.variable - 1]);
    return out;
  }

  std::string print(const Operand& operand) const {
    using modules::ArgKind;
    if (operand.value) return print(*operand.value);
    switch (operand.kind) {
      case ArgKind::Regex:
        return "/" + program_.regexes[operand.constant].pattern + "/";
      case ArgKind::Subst:
        return "subst:" + std::to_string(operand.constant);
      case ArgKind::Header: {
        const HeaderConstant& header = program_.headers[operand.constant];
        return "header:" + header.name + (header.id ? "#" + std::to_string(header.id) : "");
      }
      case ArgKind::Variable:
        return "&" + print(program_.variables[operand.constant]);
      case ArgKind::RouteFailure:
      case ArgKind::RouteBranch:
      case ArgKind::RouteReply:
      case ArgKind::RouteBranchFailure:
      case ArgKind::RouteRequest: {
        const RouteConstant& route = program_.routes_named[operand.constant];
        return "route:" + route.name + (route.route < 0 ? "?" : "");
      }
      case ArgKind::Path:
      case ArgKind::Fields:
        return print_path(program_.paths[operand.constant]);
      case ArgKind::Table:
        return "table:" + program_.tables[operand.constant];
      case ArgKind::Slot:
        return "slot:" + std::to_string(operand.number);
      case ArgKind::Literal:
      case ArgKind::Word:
      case ArgKind::Name:
        return quoted(operand.text);
      default:
        return std::to_string(operand.number);
    }
  }

  std::string print_path(const PathConstant& path) const {
    std::string out;
    for (const PathConstant::Step& step : path.steps) {
      out += (out.empty() ? "" : "=>") + step.name;
      if (step.index_kind == VariableUse::IndexKind::Number) out += "[" + std::to_string(step.index) + "]";
      if (step.index_kind == VariableUse::IndexKind::All) out += "[*]";
      if (step.index_kind == VariableUse::IndexKind::Dynamic)
        out += "[" + print(program_.variables[step.variable - 1]) + "]";
    }
    return out;
  }

  std::string print(const VariableUse& use) const {
    if (use.value) return print(*use.value);
    std::string out = "$" + use.variable->name;
    if (use.has_key)
      out += "(" + print(use.key) + (use.table_key.value ? "=>" + print(*use.table_key.value) : "") + ")";
    if (use.index_kind == VariableUse::IndexKind::Number) out += "[" + std::to_string(use.index) + "]";
    if (use.index_kind == VariableUse::IndexKind::All) out += "[*]";
    if (use.index_kind == VariableUse::IndexKind::Dynamic) out += "[" + print(*use.index_value) + "]";
    return out;
  }

  std::string print(const Expr& e) const {
    std::string out = kOps[static_cast<std::size_t>(e.op)];
    switch (e.op) {
      case Op::Int:
        return std::to_string(e.number);
      case Op::Text:
        return quoted(e.text);
      case Op::Null:
        return "null";
      case Op::Variable:
        return print(e.use);
      case Op::Call:
        out = e.function->name;
        break;
      case Op::CallRoute:
        out += " " + program_.routes[e.route].symbol;
        break;
      case Op::Transform:
        out = "{" + e.transformation->klass + "." + e.transformation->op + "}";
        break;
      case Op::Match:
        out += " /" + program_.regexes[e.constant].pattern + "/";
        break;
      case Op::Concat:
        out = e.format ? "format" : "concat";
        break;
      case Op::ConditionText:
      case Op::ConditionInt:
        return kWords[static_cast<std::size_t>(e.word)];
      case Op::Myself:
      case Op::IsHost:
        out += std::string(" ") + kWords[static_cast<std::size_t>(e.word)];
        break;
      case Op::InNetwork:
        out += std::string(" ") + kWords[static_cast<std::size_t>(e.word)] + " " + print_network(e.network);
        break;
      case Op::Assign:
        out += " " + print(e.use);
        break;
      case Op::Block: {
        Printer inner(program_);
        inner.print(e.body, 0);
        for (char& c : inner.out_) c = c == '\n' ? ';' : c;
        return "{" + inner.out_ + "}";
      }
      default:
        break;
    }
    for (const ExprPtr& arg : e.args) out += " " + print(*arg);
    for (const Operand& operand : e.operands) out += " " + print(operand);
    return "(" + out + ")";
  }

  void print_ending(const char* word, const Statement& s, int depth) {
    line(depth, s.value ? std::string(word) + " " + print(*s.value) : std::string(word));
  }

  void print(const Block& block, int depth) {
    for (const auto& s : block) print(*s, depth);
  }

  void print(const Statement& s, int depth) {
    using Kind = Statement::Kind;
    switch (s.kind) {
      case Kind::Evaluate:
        return line(depth, print(*s.value));
      case Kind::Assign:
        return line(depth, print(s.use) + " = " + print(*s.value));
      case Kind::If:
        line(depth, "if " + print(*s.value));
        print(s.then, depth + 1);
        if (!s.otherwise.empty()) {
          line(depth, "else");
          print(s.otherwise, depth + 1);
        }
        return;
      case Kind::While:
        line(depth, "while " + print(*s.value));
        return print(s.then, depth + 1);
      case Kind::Switch:
        line(depth, "switch " + print(*s.value));
        for (const SwitchCase& c : s.cases) {
          switch (c.kind) {
            case SwitchCase::Kind::Int:
              line(depth, "case " + std::to_string(c.number));
              break;
            case SwitchCase::Kind::Text:
              line(depth, "case " + quoted(c.text));
              break;
            case SwitchCase::Kind::Regex:
              line(depth, "case /" + c.text + "/");
              break;
            case SwitchCase::Kind::Default:
              line(depth, "default");
              break;
          }
          print(c.body, depth + 1);
        }
        return;
      case Kind::Return:
        return print_ending("return", s, depth);
      case Kind::Exit:
        return print_ending("exit", s, depth);
      case Kind::Drop:
        return print_ending("drop", s, depth);
      case Kind::Break:
        return line(depth, "break");
      case Kind::Empty:
        return line(depth, ";");
    }
  }

  const Program& program_;
  std::string out_;
};

}  // namespace

std::string print(const Program& program) { return Printer(program).run(); }

}  // namespace strowger::program
