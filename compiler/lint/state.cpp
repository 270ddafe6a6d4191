// Questions to one state, and joins.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/typestate.h"

namespace strowger::lint {
namespace {

bool is_in(std::size_t cell, std::uint32_t methods, unsigned where) {
  return (methods >> (cell / 2) & 1u) != 0 && (where & (cell % 2 ? kInDialog : kInitial)) != 0;
}

}  // namespace

bool State::live() const {
  for (const Cell& cell : cells)
    if (cell.live) return true;
  return false;
}

std::uint32_t State::methods(unsigned where) const {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i].live && is_in(i, kAllMethods, where)) out |= 1u << (i / 2);
  return out;
}

bool State::may(std::uint32_t facts, std::uint32_t methods, unsigned where) const {
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i].live && is_in(i, methods, where) && (cells[i].may & facts) != 0) return true;
  return false;
}

bool State::lacks(std::uint32_t facts, std::uint32_t methods, unsigned where) const {
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i].live && is_in(i, methods, where) && (cells[i].must & facts) == 0) return true;
  return false;
}

void State::add(std::uint32_t facts) {
  for (Cell& cell : cells) {
    cell.may |= facts;
    cell.must |= facts;
  }
}

void State::clear(std::uint32_t facts) {
  for (Cell& cell : cells) {
    cell.may &= ~facts;
    cell.must &= ~facts;
  }
}

void State::keep(std::uint32_t methods, unsigned where) {
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (!is_in(i, methods, where)) cells[i] = Cell{};
}

void State::join(const State& other) {
  kinds |= other.kinds;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& from = other.cells[i];
    Cell& to = cells[i];
    if (!from.live) continue;
    if (!to.live) {
      to = from;
      continue;
    }
    to.may |= from.may;
    to.must &= from.must;
  }
}

const State* Typestate::before(const program::Expr& call) const {
  const auto at = at_call.find(&call);
  return at == at_call.end() || !at->second.live() ? nullptr : &at->second;
}

Int reply_code(const program::Expr& call) {
  if (call.operands.empty()) return 0;
  const program::Operand& code = call.operands[0];
  if (code.kind != modules::ArgKind::Int) return 0;
  if (!code.value) return code.number;
  return code.value->op == program::Op::Int ? code.value->number : 0;
}

}  // namespace strowger::lint
