// What flow analysis asks about a program before it follows any value: who writes which slot, where runs start.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "compiler/program/program.h"

namespace strowger::analysis {

/// By route: which slots it or a route that it calls may write.
std::vector<std::set<std::size_t>> slots_written(const program::Program& program);
/// Marks the blocks that the runtime starts runs with: Route::is_entry.
void mark_entries(program::Program& program);
/// Slots that are read or written at any time or by name: SlotFact::listed; and SlotFact::nullable of all.
void mark_slots(program::Program& program);
/// Does a function of this effect (`does`) stand in `f`?
bool has_effect(const modules::Function& f, std::string_view effect);
/// Calls `visit` for every expression in a block, operands, keys and nested blocks included.
void each_expr(const program::Block& block, const std::function<void(const program::Expr&)>& visit,
               const std::function<void(const program::VariableUse&)>& target = nullptr);
/// The slots that an operand by reference (a variable, a substitution, a path) hands over.
std::vector<std::size_t> slots_referred(const program::Program& program, const program::Operand& operand);

}  // namespace strowger::analysis
