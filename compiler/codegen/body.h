// Emits one function: a route, or a thunk that evaluates one variable.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shape of a route (docs/internals/codegen.md): the code of the last action lives in the slot `last`; every way out stores
// there and goes to the one exit block. A statement whose expression cannot be evaluated goes to its own fail block.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <llvm/IR/IRBuilder.h>

#include "compiler/codegen/debug_lines.h"
#include "compiler/codegen/unit.h"

namespace strowger::codegen {

class Body {
 public:
  Body(Unit& unit, llvm::Function* function, const std::string& name, const text::Span& span);

  /// The whole of a route block; the function is `i64 (ptr)`.
  void emit_route(const program::Route& route);
  /// `Value (ptr)`: reads a variable.
  void emit_getter(const program::VariableUse& use);
  /// `Code (ptr, Value)`: writes one.
  void emit_setter(const program::VariableUse& use);
  /// `Text (ptr)`: evaluates an expression; null where that fails.
  void emit_text_function(const program::Expr& value);

 private:
  using Expr = program::Expr;
  using Statement = program::Statement;
  using VariableUse = program::VariableUse;
  using Operand = program::Operand;
  using Block = llvm::BasicBlock;
  using V = llvm::Value*;

  // statements.cpp
  void emit_block(const program::Block& block);
  void emit_statement(const Statement& statement);
  void emit_evaluate(const Statement& statement);
  void emit_assignment(const Statement& statement);
  void emit_if(const Statement& statement);
  void emit_while(const Statement& statement);
  void emit_end(const Statement& statement);
  void emit_break();
  // parts.cpp
  bool is_long(const program::Block& block) const;
  void emit_in_parts(const program::Block& block);
  void emit_part(std::span<const std::unique_ptr<Statement>> statements);
  // switches.cpp
  void emit_switch(const Statement& statement);
  void dispatch_int(const Statement& statement, const std::vector<Block*>& bodies, Block* fallback);
  void dispatch_text(const Statement& statement, const std::vector<Block*>& bodies, Block* fallback);
  void dispatch_texts(Cell subject, V length, const std::vector<std::pair<std::string_view, Block*>>& labels, Block* fallback);

  // slots.cpp: worker-wide variables ($var) in memory
  V slot_address(std::size_t slot);
  Cell load_slot(std::size_t slot, const program::Fact& fact, modules::Type& type);
  V store_slot(std::size_t slot, Cell value, modules::Type type, std::uint8_t holds, bool stays_in_run, const text::Span& span);
  bool stays_in_run(const Expr& e) const;

  // expressions.cpp
  /// Evaluates in the narrowest type that flow analysis leaves, which `type` tells.
  Cell emit_narrow(const Expr& e, modules::Type& type);
  /// The same, converted to `to`.
  Cell emit_as(const Expr& e, modules::Type to);
  program::Fact fact_of(const Expr& e) const { return program::fact_of(unit_.program(), e); }
  Cell emit_sum_any(const Expr& e, modules::Type& type);
  V emit_equality_any(const Expr& e);
  Cell emit(const Expr& e);
  V emit_int(const Expr& e);
  Cell emit_text(const Expr& e);
  Cell emit_any(const Expr& e);
  V emit_arithmetic(const Expr& e);
  V emit_division(const Expr& e);
  V emit_logic(const Expr& e);
  Cell emit_choice(const Expr& e);
  Cell emit_right(const Expr& e, Cell left);
  V emit_match(Cell subject, std::size_t regex);
  V emit_match_dynamic(const Expr& e);
  V emit_block_value(const Expr& e);
  V emit_assign_value(const Expr& e);
  V to_int(V bit);                     ///< i1 -> 0/1
  V truth(V code);                     ///< i64 -> i1: > 0
  Cell wrap(Cell cell, modules::Type from, modules::Type to);
  Cell text_to_any(Cell text);
  V kind_of(Cell any);
  V is_undefined(Cell any);            ///< null or failed
  V is_failed_text(Cell text);

  // calls.cpp
  V emit_call(const Expr& e);
  V emit_route_call(const Expr& e);
  V emit_route_call_named(const Expr& e, bool is_statement);
  void store_rc(V code);
  void push_operand(modules::ArgKind kind, const Operand* operand, Signature& signature, std::vector<Cell>& args);
  V finish_call(V code, bool may_stop, bool sets_rc);
  void unwind_if_stopped();

  // variables.cpp
  Cell emit_variable(const VariableUse& use, modules::Type& type);
  Cell emit_index(const Expr& e);
  void push_key_and_index(const VariableUse& use, Signature& signature, std::vector<Cell>& args);
  /// Stores a Value; the result is i64 1, or -1 where the variable refused it or the value had failed.
  V emit_store(const VariableUse& use, Cell any, const text::Span& span);
  V emit_assign(const VariableUse& use, const Expr& value, const text::Span& span);
  Cell emit_transformation(const Expr& e);

  // texts.cpp
  Cell emit_concat(const Expr& e);
  V length_of(Cell text);              ///< 0 for null
  V emit_text_equality(const Expr& left, const Expr& right, bool ignore_case);
  Cell emit_part(const Expr& e, bool format);
  modules::Type type_of_part(const Expr& e);
  /// `first`: a text in front of the parts, evaluated already.
  Cell join_texts(const std::vector<const Expr*>& parts, bool format, Int limit, const Cell* first = nullptr);
  Cell emit_sum_by_kind(const std::vector<const Expr*>& sums);
  V equals_constant(Cell text, std::string_view constant, bool ignore_case);
  V bytes_equal(V pointer, std::string_view constant, bool ignore_case);

  // body.cpp
  Cell call(std::string_view symbol, Pass result, std::vector<Pass> params, std::vector<Cell> args);
  Cell call_cell() { return {call_, nullptr}; }
  V head(unsigned offset, const char* name);
  Block* block(const char* name);      ///< a new block behind the others
  void branch(Block* to);              ///< unless the current block has ended
  void start(Block* at);
  bool ended() const;
  void locate(const text::Span& span);
  void store_line(const text::Span& span);
  void set_last(V code);
  void set_last_code(Int code);
  void fail();                         ///< evaluation cannot go on; what follows is unreachable
  V phi(llvm::Type* type, const std::vector<std::pair<V, Block*>>& ways);

  /// Where evaluation goes that cannot go on. The block is made when first needed.
  class FailScope {
   public:
    explicit FailScope(Body& body) : body_(body), outer_(body.fail_) { body.fail_ = nullptr; }
    FailScope(const FailScope&) = delete;
    FailScope& operator=(const FailScope&) = delete;
    ~FailScope() {
      if (open_) close();
    }
    /// Ends the scope; the block, or null where nothing failed.
    Block* close() {
      Block* mine = body_.fail_;
      body_.fail_ = outer_;
      open_ = false;
      return mine;
    }

   private:
    Body& body_;
    Block* outer_;
    bool open_ = true;
  };

  Unit& unit_;
  Abi& abi_;
  llvm::Function* function_;
  llvm::IRBuilder<> builder_;
  Block* entry_;
  V call_;
  const Expr* action_ = nullptr;      ///< the call that is a statement of its own
  bool after_relay_ = false;           ///< the last action was a call that relays: its code is still in $rc
  V last_ = nullptr;                   ///< where the code of the last action is
  Block* exit_ = nullptr;
  Block* fail_ = nullptr;
  V slots_ = nullptr;                  ///< the worker's slots, when something needed them
  std::vector<Block*> breaks_;
  DebugLines::Function lines_;
  text::Span here_;
};

/// How an argument or key of this kind is handed to C++; a table is its reference followed by a Text.
Pass pass_of(modules::ArgKind kind);
Pass pass_of(modules::Type type);

}  // namespace strowger::codegen
