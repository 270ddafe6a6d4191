// Printing and shrinking of scripts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/property/tree.h"

namespace strowger::property {
namespace {

void flatten(const Node& node, std::string& out) {
  out += node.text;
  if (node.kind == Node::Kind::Block && node.parts.empty()) out += ";\n";
  for (const Node& part : node.parts) flatten(part, out);
}

/// Indents by the braces at the ends and beginnings of lines.
std::string indent(const std::string& text) {
  std::string out;
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) continue;
    if (line[0] == '}') --depth;
    const bool label = line.starts_with("case ") || line.starts_with("default:");
    out.append(static_cast<std::size_t>(std::max(0, 2 * depth - (label ? 1 : 0))), ' ');
    out += line + '\n';
    if (line.back() == '{') ++depth;
  }
  return out;
}

using Fails = std::function<bool(const Program&)>;

/// The nodes of a tree by number, in the order of a walk; addresses hold until the tree changes.
void collect(Node& node, Node::Kind kind, std::vector<Node*>& out) {
  if (node.kind == kind) out.push_back(&node);
  for (Node& part : node.parts) collect(part, kind, out);
}
std::vector<Node*> all(Program& program, Node::Kind kind) {
  std::vector<Node*> out;
  for (Node& route : program.routes) collect(route, kind, out);
  return out;
}

bool drop_statements(Program& program, const Fails& fails) {
  bool any = false;
  for (std::size_t b = 0; b < all(program, Node::Kind::Block).size(); ++b) {
    std::size_t chunk = std::max<std::size_t>(1, all(program, Node::Kind::Block)[b]->parts.size() / 2);
    for (; chunk > 0; chunk /= 2) {
      for (std::size_t at = 0; at < all(program, Node::Kind::Block)[b]->parts.size();) {
        Program smaller = program;
        auto& parts = all(smaller, Node::Kind::Block)[b]->parts;
        const std::size_t n = std::min(chunk, parts.size() - at);
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at), parts.begin() + static_cast<std::ptrdiff_t>(at + n));
        if (fails(smaller)) {
          program = std::move(smaller);
          any = true;
        } else {
          at += chunk;
        }
      }
    }
  }
  return any;
}

/// A statement by the statements of a block within; an expression by one within.
bool replace_by_part(Program& program, Node::Kind outer, Node::Kind inner, const Fails& fails) {
  bool any = false;
  for (std::size_t i = 0; i < all(program, outer).size(); ++i) {
    for (std::size_t k = 0;; ++k) {
      Program smaller = program;
      Node* node = all(smaller, outer)[i];
      std::vector<Node*> within;
      for (Node& part : node->parts) collect(part, inner, within);
      if (k >= within.size()) break;
      Node copy = *within[k];
      if (outer == Node::Kind::Expr || copy.parts.size() == 1) {
        if (outer == Node::Kind::Statement) copy = Node(copy.parts[0]);
        *node = std::move(copy);
      } else {
        Node wrapped{Node::Kind::Statement, "", {Node::of("if (1==1) {\n"), std::move(copy), Node::of("}\n")}};
        if (count_statements(wrapped) >= count_statements(*node)) continue;
        *node = std::move(wrapped);
      }
      if (fails(smaller)) {
        program = std::move(smaller);
        any = true;
        k = static_cast<std::size_t>(-1);
      }
    }
  }
  return any;
}

}  // namespace

std::string route_name(int program, std::size_t route) {
  return "p" + std::to_string(program) + (route ? "_" + std::to_string(route) : "");
}

std::string print(const Program& program) {
  std::string text;
  for (std::size_t i = 0; i < program.routes.size(); ++i) {
    const bool branch = program.has_branch && i + 1 == program.routes.size();
    text += branch ? "branch_route[" + route_name(program.id, 0) + "_b] {\n" : "route[" + route_name(program.id, i) + "] {\n";
    flatten(program.routes[i], text);
    text += ";\n}\n";
  }
  return indent(text);
}

std::size_t count_statements(const Node& node) {
  std::size_t n = node.kind == Node::Kind::Statement;
  for (const Node& part : node.parts) n += count_statements(part);
  return n;
}

Program shrink(Program program, const Fails& fails) {
  for (bool again = true; again;) {
    again = drop_statements(program, fails);
    again = replace_by_part(program, Node::Kind::Statement, Node::Kind::Block, fails) || again;
    again = replace_by_part(program, Node::Kind::Expr, Node::Kind::Expr, fails) || again;
    Program smaller = program;
    if (smaller.routes.size() > 1) smaller.routes.pop_back();
    smaller.has_branch = false;
    if (smaller.routes.size() < program.routes.size() && fails(smaller)) {
      program = std::move(smaller);
      again = true;
    }
  }
  return program;
}

}  // namespace strowger::property
