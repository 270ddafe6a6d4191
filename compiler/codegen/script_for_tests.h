// Hand-built programs for tests: builders of expressions and statements, and a process that runs them by JIT.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/codegen/generate.h"
#include "compiler/program/program.h"
#include "runtime/abi/call_head.h"
#include "runtime/abi/image.h"
#include "runtime/abi/slots.h"

namespace strowger {

/// What tests use as the Call: the head that generated code knows, and what the doubles of the runtime keep.
struct Call : CallHead {
  std::map<std::string, Int> ints;
  std::map<std::string, std::string> texts;
  std::map<std::string, Value> values;
  std::vector<std::string> log;
  std::vector<std::unique_ptr<std::string>> arena;
  int depth = 0;
  struct Slot {
    Value value;
    char storage[kSlotStride - sizeof(Value)] = {};
    Text text() const { return value.text(); }
    Int number() const { return value.number(); }
    bool is_int() const { return value.is_int(); }
    Slot& operator=(Value to) {
      value = to;
      return *this;
    }
  };
  Slot slots[8];
  std::vector<std::uint32_t> kept;
  const ScriptImage* script = nullptr;
  Text keep(std::string text) {
    arena.push_back(std::make_unique<std::string>(std::move(text)));
    return Text(std::string_view(*arena.back()));
  }
};

namespace codegen::testing {

using program::Expr;
using program::ExprPtr;
using program::Op;
using program::Statement;

// ---- builders ----

ExprPtr number(Int n);
ExprPtr text(std::string s);
ExprPtr op(Op op, modules::Type type);
template <class... Args>
ExprPtr op(Op kind, modules::Type type, ExprPtr first, Args... rest) {
  ExprPtr e = op(kind, type);
  e->args.push_back(std::move(first));
  (e->args.push_back(std::move(rest)), ...);
  return e;
}
template <class... Args>
ExprPtr int_op(Op kind, Args... args) {
  return op(kind, modules::Type::Int, std::move(args)...);
}

template <class... Statements>
program::Block block(Statements... statements) {
  program::Block b;
  (b.push_back(std::move(statements)), ...);
  return b;
}
using StatementPtr = std::unique_ptr<Statement>;
StatementPtr statement(Statement::Kind kind, ExprPtr value = nullptr);
StatementPtr if_(ExprPtr condition, program::Block then, program::Block otherwise = {});
StatementPtr while_(ExprPtr condition, program::Block body);
StatementPtr evaluate(ExprPtr call);
inline StatementPtr return_(ExprPtr value) { return statement(Statement::Kind::Return, std::move(value)); }

/// A script with the module `test`: variables $int(name) $text(name) $any(name) $list(name)[index], $var(number), which is
/// a slot, and the functions that tests add.
class Script {
 public:
  Script();

  modules::ModuleInterface core, module;
  program::Program program;

  ExprPtr variable(const std::string& which, const std::string& name);
  program::VariableUse use(const std::string& which, const std::string& name);
  StatementPtr set(const std::string& which, const std::string& name, ExprPtr value);
  /// Declares a function; `symbol` is "stw.test.NAME".
  void function(std::string name, std::vector<modules::ArgKind> args, bool may_stop = false);
  /// Calls it, Int and Text arguments by expression.
  template <class... Args>
  ExprPtr call(const std::string& name, Args... args) {
    std::vector<ExprPtr> values;
    (values.push_back(std::move(args)), ...);
    return call_with(name, std::move(values));
  }
  ExprPtr call_with(const std::string& name, std::vector<ExprPtr> values);
  ExprPtr route(const std::string& name);

  /// Adds a block; the unnamed request_route is what run() starts.
  void add_route(std::string name, program::Block body, bool recursive = false);

  /// Compiles, and keeps the code until the end. `symbols` are the functions that the test brings.
  const ScriptImage* load(std::map<std::string, void*> symbols = {}, int level = 2);
  /// Runs request_route; load() is called when nothing is loaded.
  Int run(Call& call);
  ~Script();

  int level = 2;
  std::map<std::string, void*> symbols;
  std::string hot_bitcode;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
  const ScriptImage* image_ = nullptr;
};

template <class F>
void* address(F* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace codegen::testing
}  // namespace strowger
