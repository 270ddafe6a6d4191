// Random statements. Expressions are in expressions.cpp.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/property/generator.h"

#include <set>

#include "tests/property/expressions.h"

namespace strowger::property {
namespace {

class ScriptMaker {
 public:
  ScriptMaker(std::uint64_t seed, int id, GeneratorOptions options)
      : random_(seed), id_(id), by_name_(options.calls_by_name), nested_(options.nested), make_(random_, id, options.narrow) {}

  Program make() {
    Program program;
    program.id = id_;
    const std::size_t routes = 1 + random_.below(4);
    const bool relays = nested_ && random_.percent(60);
    for (route_ = 0; route_ < routes; ++route_) {
      last_route_ = routes - 1;
      Node body{Node::Kind::Block, "", {}};
      if (route_ == 0) body.parts.push_back(start());
      const std::size_t n = route_ == 0 ? 4 + random_.below(10) : 1 + random_.below(6);
      fill(body, n, 0);
      if (route_ == 0 && relays) {
        body.parts.push_back(relay());
        fill(body, 1 + random_.below(4), 0);
      }
      body.parts.push_back(observe());
      if (route_ > 0) body.parts.push_back(random_.percent(70) ? ending() : assignment());
      program.routes.push_back(std::move(body));
    }
    if (relays) {
      program.has_branch = true;
      route_ = 0;   // it may call what p17 may call
      Node body{Node::Kind::Block, "", {observe()}};
      fill(body, 1 + random_.below(6), 0);
      body.parts.push_back(observe());
      program.routes.push_back(std::move(body));
    }
    return program;
  }

 private:
  /// A relay that runs the branch route in the middle of the route; whatever that makes of the URIs, the request can be sent.
  Node relay() {
    return statement({text("if (is_method(\"INVITE|OPTIONS|REGISTER|MESSAGE|BYE\")) {\nt_on_branch(\"" +
                           route_name(id_, 0) + "_b\");\nt_relay_to_udp(\"127.0.0.9\", \"5090\");\n}\n")});
  }

  Random random_;
  int id_;
  bool by_name_, nested_;
  ExpressionMaker make_;
  std::size_t route_ = 0, last_route_ = 0;
  int observations_ = 0, loops_ = 0;

  static Node text(std::string s) { return Node::of(std::move(s)); }
  static Node statement(std::vector<Node> parts) { return {Node::Kind::Statement, "", std::move(parts)}; }
  std::string name(const char* kind, const std::string& letter) const {
    return std::string("$") + kind + "(" + letter + std::to_string(id_) + ")";
  }

  /// What stays from message to message must not grow without end. Some variables are read here, so that they outlive runs,
  /// some written, so that they need not, and some left to what follows.
  Node start() {
    std::string out;
    for (const std::string& v : make_.lasting()) {
      const std::size_t roll = random_.below(100);
      if (roll < 25 && v.starts_with("$v")) out += v + " = " + random_.pick({"0", "\"\"", "\"set\"", "-7", "$ci", "$hdr(X-A)", "$(ru{s.substr,4,9})"}) + ";\n";
      else if (roll >= 50 || !v.starts_with("$v")) out += "if (strlen(" + v + ") > 40) " + v + " = \"cut\";\n";
    }
    return statement({text(out)});
  }

  /// A variable from itself, from another one, and with one: texts that are parts of what was there.
  Node from_another() {
    const std::string to = make_.slot(), from = random_.percent(60) ? to : make_.slot();
    const std::string part = random_.pick({"{s.substr,1,0}", "{s.substr,0,3}", "{s.substr,-2,0}", "{s.strip,1}", "{s.striptail,1}", "{s.select,1,:}", "{s.before,@}", "{s.trim}", "{s.toupper}"});
    const std::string read = "$(" + from.substr(1) + part + ")";
    const std::size_t roll = random_.below(100);
    std::string value = roll < 50 ? read : roll < 65 ? from : roll < 80 ? "\"<\" + " + read : read + " + $ci";
    std::string out = to + " = " + value + ";\n";
    if (roll >= 65) out += "if (strlen(" + to + ") > 30) " + to + " = $(" + to.substr(1) + "{s.substr,0,9});\n";
    return statement({text(out)});
  }
  /// A part of the message, for a later one.
  Node from_message() {
    static const char* const kParts[] = {"$ci", "$ru", "$rU", "$fu", "$hdr(X-A)", "$hdr(X-B)", "$(ru{s.substr,4,9})", "$(hdr(X-A)[-1])", "$(ft{s.strip,1})", "$rm", "$ua", "$du", "$rd"};
    return statement({text(make_.slot() + " = " + random_.pick(kParts) + ";\n")});
  }

  Node observe() {
    std::string line = "xinfo(\"T" + std::to_string(++observations_);
    std::vector<Node> parts;
    for (std::size_t n = 1 + random_.below(4); n > 0; --n) line += "|" + make_.format_variable();
    return statement({text(line + "|$rc\\n\");\n")});
  }

  void fill(Node& block, std::size_t n, int depth) {
    for (std::size_t i = 0; i < n; ++i) {
      block.parts.push_back(random_statement(depth));
      if (random_.percent(25)) block.parts.push_back(observe());
    }
  }

  Node block_of(std::size_t n, int depth) {
    Node block{Node::Kind::Block, "", {}};
    fill(block, n, depth);
    if (block.parts.empty()) block.parts.push_back(statement({text(";\n")}));
    return block;
  }

  Node random_statement(int depth) {
    const std::size_t roll = random_.below(100);
    if (roll < 4) return from_another();
    if (roll < 7) return from_message();
    if (nested_ && roll < 9) return statement({text("usleep(\"1500\");\n")});
    if (roll < 45) return assignment();
    if (roll < 60 && depth < 3) return if_(depth);
    if (roll < 66 && depth < 2) return while_(depth);
    if (roll < 74 && depth < 3) return switch_(depth);
    if (roll < 84 && route_ < last_route_) return call();
    if (roll < 92) return function();
    if (roll < 94) return guarded_ending();
    if (roll < 98) return from_another();
    return from_message();
  }

  Node assignment() {
    const std::string target = make_.target();
    if (target[1] == 'r' || target[1] == 'd') return statement({text(target + " = " + make_.uri_part(target) + ";\n")});
    if (random_.percent(4)) return statement({text(target + " = $null;\n")});
    if (random_.percent(4) && route_ < last_route_) return statement({text(target + " = " + route_call() + ";\n")});
    if (random_.percent(3)) return statement({text(target + " = " + make_.function_call() + ";\n")});
    std::vector<Node> parts = {text(target + " = "), make_.any(3), text(";\n")};
    if (loops_ > 0 || random_.percent(20))
      parts.push_back(text("if (strlen(" + target + ") > 60) " + target + " = \"long\";\n"));
    return statement(std::move(parts));
  }

  std::string route_call() {
    const std::size_t to = route_ + 1 + random_.below(last_route_ - route_);
    const std::string called = route_name(id_, to);
    const std::size_t roll = random_.below(10);
    if (roll < 6) return "route(" + called + ")";
    if (roll < 8) return "route(\"" + called + "\")";
    if (by_name_ && random_.percent(50)) return "route(\"" + route_name(id_, 0) + "_\" + (str)($var(r" + std::to_string(id_) + "_" + std::to_string(to) + ") + " + std::to_string(to) + "))";
    return "route(\"" + route_name(id_, 0) + "_\" + (str)(" + std::to_string(to + 5) + " - 5))";
  }
  Node call() {
    if (by_name_ && random_.percent(2)) return statement({text("route(\"nosuch\" + (str)$var(a" + std::to_string(id_) + "));\n")});
    return statement({text(route_call() + ";\n")});
  }

  Node function() { return statement({text(make_.function_statement() + ";\n")}); }

  Node if_(int depth) {
    std::vector<Node> parts = {text("if ("), condition(), text(") {\n"), block_of(1 + random_.below(3), depth + 1), text("}\n")};
    if (random_.percent(50)) {
      parts.back() = text("} else {\n");
      parts.push_back(block_of(1 + random_.below(3), depth + 1));
      parts.push_back(text("}\n"));
    }
    return statement(std::move(parts));
  }
  Node condition() {
    if (random_.percent(12) && route_ < last_route_) {
      Node call{Node::Kind::Expr, "", {text((random_.percent(20) ? "!" : "") + route_call())}};
      if (random_.percent(60)) return call;
      return {Node::Kind::Expr, "", {std::move(call), text(random_.percent(50) ? " && " : " || "), make_.in_parentheses(2)}};
    }
    return make_.condition(3);
  }

  Node while_(int depth) {
    const std::string counter = "$var(w" + std::to_string(route_) + std::to_string(++loops_) + "_" + std::to_string(id_) + ")";
    Node loop = statement({});
    if (random_.percent(5)) {  // until max_while_loops
      loop.parts = {text("while (1 == 1) {\n"), block_of(1, 3), text("}\n")};
    } else {
      const std::string limit = std::to_string(1 + random_.below(4));
      const bool down = random_.percent(30);
      loop.parts = {text(counter + " = " + (down ? limit : "0") + ";\nwhile (" + counter + (down ? "" : " < " + limit) +
                         (random_.percent(20) ? " && strlen($var(a" + std::to_string(id_) + ")) < 30" : "") + ") {\n" + counter +
                         " = " + counter + (down ? " - 1" : " + 1") + ";\n"),
                    block_of(1 + random_.below(3), depth + 1)};
      if (random_.percent(25)) {
        loop.parts.push_back(statement({text("if ("), make_.condition(2), text(") break;\n")}));
      }
      loop.parts.push_back(text("}\n"));
    }
    --loops_;
    return loop;
  }

  Node switch_(int depth) {
    const std::size_t kind = random_.below(3);
    std::vector<Node> parts = {text("switch ("), make_.any(2), text(") {\n")};
    std::set<std::string> labels = {"case 2 + 3:\n"};
    if (random_.percent(50)) labels = {"case 5:\n"};
    const std::size_t n = 1 + random_.below(5);
    const std::size_t default_at = random_.percent(50) ? random_.below(n + 1) : 99;
    for (std::size_t i = 0; i <= n; ++i) {
      if (i == default_at) parts.push_back(text("default:\n"));
      else if (i == n) break;
      else {
        std::string label = make_.label(kind);
        while (!labels.insert(label).second) label = make_.label(kind);  // another one of the same text is an error
        parts.push_back(text(label));
      }
      if (random_.percent(15)) continue;
      parts.push_back(block_of(1 + random_.below(2), depth + 1));
      if (random_.percent(65)) parts.push_back(statement({text("break;\n")}));
    }
    parts.push_back(text("}\n"));
    return statement(std::move(parts));
  }

  Node ending() {
    static const char* const kEndings[] = {"return;\n", "return 1;\n", "return -1;\n", "return 5;\n", "return -3;\n", "break;\n"};
    const std::size_t roll = random_.below(100);
    if (roll < 60) return statement({text(random_.pick(kEndings))});
    if (roll < 64) return statement({text("exit;\n")});
    if (roll < 67) return statement({text("drop;\n")});
    if (roll < 69) return statement({text("return 0;\n")});
    return statement({text("return "), make_.condition(2), text(";\n")});
  }
  Node guarded_ending() { return statement({text("if ("), make_.condition(2), text(") {\n"), Node{Node::Kind::Block, "", {ending()}}, text("}\n")}); }
};

}  // namespace

Program random_program(std::uint64_t seed, int id, GeneratorOptions options) { return ScriptMaker(seed, id, options).make(); }

}  // namespace strowger::property
