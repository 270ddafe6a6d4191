// The LLVM module of one script while it is built: types, constants, routes and what they refer to.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <llvm/IR/Module.h>

#include "compiler/codegen/abi.h"
#include "compiler/codegen/generate.h"
#include "compiler/program/program.h"

namespace strowger::regex {
struct Machine;
}

namespace strowger::codegen {

class DebugLines;

class Unit {
 public:
  Unit(llvm::LLVMContext& context, const program::Program& program, const GenerateOptions& options);
  ~Unit();

  /// Emits everything: parameters, routes, the image.
  void emit();

  llvm::Module& module() { return *module_; }
  std::unique_ptr<llvm::Module> take_module() { return std::move(module_); }
  Abi& abi() { return abi_; }
  const program::Program& program() const { return program_; }
  DebugLines& lines() { return *lines_; }
  /// The script calls this function: what it needs of the system becomes the image's.
  void called(const modules::Function& function);
  /// What codegen could not do with this program: a fault of analysis or of a .module file. The first one wins.
  void fault(std::string words);
  const std::string& first_fault() const { return fault_; }

  // constants.cpp
  llvm::Constant* number(Int n) const;
  /// The bytes, as a private constant.
  llvm::Constant* bytes(std::string_view text);
  /// A Text in a struct: { ptr, i64 }. `null` gives the absent text.
  llvm::Constant* text(std::string_view text);
  llvm::Constant* null_text() const;
  Cell text_cell(std::string_view text);
  /// An array constant behind a pointer, null when empty.
  llvm::Constant* array(llvm::Type* item, const std::vector<llvm::Constant*>& items, const char* name);
  llvm::GlobalVariable* constant(llvm::Constant* value, const char* name);

  // references.cpp: the constants that functions take by reference; each is made when first asked for
  llvm::Constant* regex(std::size_t index);
  llvm::Constant* subst(std::size_t index);
  llvm::Constant* header(std::size_t index);
  llvm::Constant* variable(std::size_t index);
  llvm::Constant* route_ref(std::size_t index);
  llvm::Constant* path(std::size_t index);
  llvm::Constant* table(std::size_t index);
  llvm::Constant* network(const program::Network& network);
  /// The constant that an operand of a by-reference kind means; null with a fault for others.
  llvm::Constant* reference(modules::ArgKind kind, std::size_t index);

  // automata.cpp
  /// How `=~` and `case` match: a function `i1 (ptr text, i64 length)`, or a table; neither where the pattern is RE2's.
  struct MatcherRef {
    llvm::Function* function = nullptr;
    llvm::Constant* table = nullptr;
  };
  MatcherRef matcher(std::size_t index);
  /// The runtime's function that compiles with RE2; null while no pattern needs it.
  llvm::Constant* re2_compiler();

  llvm::Function* route_function(std::size_t index);
  /// What the runtime calls to start a run with this block: the block, and then keeping what later runs may read.
  llvm::Function* entry_function(std::size_t index);

  // coverage.cpp
  /// The byte that a statement sets when it runs; null without coverage.
  llvm::Constant* mark(const text::Span& span);
  const std::vector<CoveredStatement>& covered() const { return covered_; }
  /// The bytes of all marks, with their count; null without coverage. Once, after all routes.
  llvm::Constant* marks();

  // thunks.cpp
  llvm::Function* getter_thunk(const program::VariableUse& use, std::size_t index);
  llvm::Function* setter_thunk(const program::VariableUse& use, std::size_t index);
  llvm::Function* log_prefix();

  // parameters.cpp, image.cpp
  void emit_parameters();
  void emit_image();

 private:
  friend class ImageWriter;
  llvm::Constant* regex_fields(const program::RegexConstant& regex);
  llvm::Constant* automaton(const program::RegexConstant& regex);
  llvm::Constant* machine_fields(const regex::Machine& machine);
  llvm::StructType* machine_type();
  llvm::Constant*& cached(std::vector<llvm::Constant*>& cache, std::size_t index, std::size_t count, const char* what);

  const program::Program& program_;
  const GenerateOptions& options_;
  std::unique_ptr<llvm::Module> module_;
  Abi abi_;
  std::unique_ptr<DebugLines> lines_;
  std::string fault_;
  std::vector<llvm::Function*> routes_, entries_;
  std::map<std::string, llvm::Constant*, std::less<>> bytes_;
  std::vector<llvm::Constant*> regexes_, substs_, headers_, variables_, route_refs_, paths_, tables_;
  std::vector<MatcherRef> matchers_;
  bool needs_re2_ = false;
  std::uint64_t needs_ = 0;                         ///< NeedBit
  std::vector<CoveredStatement> covered_;
  llvm::GlobalVariable* marks_ = nullptr;           ///< of unknown size until marks()
  llvm::Constant* nothing_ = nullptr;               ///< stands in for constants that do not exist (a fault)
  std::vector<llvm::Constant*> compiled_at_start_;  ///< pointers to every Regex, for ScriptImage::regexes
};

}  // namespace strowger::codegen
