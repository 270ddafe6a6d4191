// From a pattern's tree to its graph.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/regex/graph.h"

#include <algorithm>

namespace strowger::regex {
namespace {

bool is_word_side(Side side) { return side == Side::Word; }
bool is_line_end(Side side) { return side == Side::Edge || side == Side::Newline; }

/// Every part is built with the state that follows it, so the last one comes first.
class Builder {
 public:
  Builder(const Syntax& syntax, std::size_t limit) : syntax_(syntax), limit_(limit) {}

  std::optional<Graph> run() {
    out_.groups = syntax_.groups;
    out_.accept = add();
    out_.start = build(syntax_.root, out_.accept);
    if (full_) return std::nullopt;
    return std::move(out_);
  }

 private:
  std::uint32_t add() {
    if (out_.states.size() >= limit_) {
      full_ = true;
      return 0;
    }
    out_.states.emplace_back();
    return static_cast<std::uint32_t>(out_.states.size() - 1);
  }
  std::uint32_t add_edge(Edge edge) {
    const std::uint32_t state = add();
    if (!full_) out_.states[state].edges.push_back(edge);
    return state;
  }
  void link(std::uint32_t from, std::uint32_t to) {
    if (!full_) out_.states[from].edges.push_back({to, Assertion::None, -1});
  }

  std::uint32_t build(std::size_t index, std::uint32_t next) {
    if (full_) return 0;
    const Node& node = syntax_.nodes[index];
    switch (node.kind) {
      case Node::Kind::Empty: return next;
      case Node::Kind::Bytes: {
        const std::uint32_t state = add();
        if (!full_) out_.states[state].steps.emplace_back(next, node.bytes);
        return state;
      }
      case Node::Kind::Sequence:
        for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) next = build(*child, next);
        return next;
      case Node::Kind::Choice: {
        const std::uint32_t state = add();
        for (std::size_t child : node.children) link(state, build(child, next));
        return state;
      }
      case Node::Kind::Repeat: return repeat(node, next);
      case Node::Kind::Group: {
        const std::uint32_t close = add_edge({next, Assertion::None, 2 * node.group + 1});
        return add_edge({build(node.children[0], close), Assertion::None, 2 * node.group});
      }
      case Node::Kind::Assert:
        out_.has_assertions = true;
        return add_edge({next, node.assertion, -1});
    }
    return next;
  }

  // x{2,4} is xx(x(x)?)?, x{2,} is xx+, x* is (x+)?: one turn of a loop may be empty, as in glibc.
  std::uint32_t repeat(const Node& node, std::uint32_t next) {
    const std::size_t body = node.children[0];
    int low = node.low;
    if (node.high < 0) {
      const std::uint32_t again = add();
      const std::uint32_t first = build(body, again);
      link(again, first);
      link(again, next);
      std::uint32_t begin = first;
      if (low == 0) {
        begin = add();
        link(begin, first);
        link(begin, next);
      }
      next = begin;
      low = std::max(low - 1, 0);
    } else {
      const std::uint32_t after = next;
      for (int i = low; i < node.high && !full_; ++i) {
        const std::uint32_t maybe = add();
        const std::uint32_t once = build(body, next);
        link(maybe, once);
        link(maybe, after);
        next = maybe;
      }
    }
    for (int i = 0; i < low && !full_; ++i) next = build(body, next);
    return next;
  }

  const Syntax& syntax_;
  std::size_t limit_;
  Graph out_;
  bool full_ = false;
};

}  // namespace

bool holds(Assertion assertion, Side left, Side right) {
  const bool word_left = is_word_side(left), word_right = is_word_side(right);
  switch (assertion) {
    case Assertion::None: return true;
    case Assertion::TextBegin: return left == Side::Edge;
    case Assertion::TextEnd: return right == Side::Edge;
    case Assertion::LineBegin: return is_line_end(left);
    case Assertion::LineEnd: return is_line_end(right);
    case Assertion::WordEdge: return word_left != word_right;
    case Assertion::NoWordEdge: return word_left == word_right;
    case Assertion::WordBegin: return !word_left && word_right;
    case Assertion::WordEnd: return word_left && !word_right;
  }
  return false;
}

Side side_of(unsigned char byte) {
  if (byte == '\n') return Side::Newline;
  return is_word(byte) ? Side::Word : Side::Other;
}

std::optional<Graph> make_graph(const Syntax& syntax, std::size_t limit) { return Builder(syntax, limit).run(); }

Graph reversed(const Graph& graph) {
  Graph out;
  out.states.resize(graph.states.size());
  out.start = graph.accept;
  out.accept = graph.start;
  out.has_assertions = graph.has_assertions;
  out.groups = graph.groups;
  for (std::uint32_t from = 0; from < graph.states.size(); ++from) {
    for (const Edge& edge : graph.states[from].edges) out.states[edge.to].edges.push_back({from, edge.assertion, -1});
    for (const auto& [to, bytes] : graph.states[from].steps) out.states[to].steps.emplace_back(from, bytes);
  }
  return out;
}

}  // namespace strowger::regex
