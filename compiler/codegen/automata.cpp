// Patterns as code: one block per state of a small matcher; tables for large ones and for those that functions get.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include <llvm/IR/Constants.h>

#include "compiler/codegen/unit.h"
#include "compiler/regex/automaton.h"

namespace strowger::codegen {
namespace {

using regex::Machine;

template <class Number>
llvm::GlobalVariable* numbers(llvm::Module& module, const std::vector<Number>& list, const char* name) {
  llvm::Constant* data = llvm::ConstantDataArray::get(module.getContext(), llvm::ArrayRef<Number>(list));
  auto* global = new llvm::GlobalVariable(module, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data, name);
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  global->setAlignment(llvm::Align(64));
  return global;
}

/// Emits `i1 (ptr text, i64 length)`.
class MatcherCode {
 public:
  MatcherCode(llvm::Function* function, const Machine& machine)
      : function_(function), machine_(machine), context_(function->getContext()), builder_(context_),
        no_(llvm::BasicBlock::Create(context_, "no", function)), yes_(llvm::BasicBlock::Create(context_, "yes", function)) {}

  void emit() {
    llvm::BasicBlock* const entry = llvm::BasicBlock::Create(context_, "entry", function_, no_);
    blocks_.assign(machine_.size(), nullptr);
    blocks_[Machine::kDead] = no_;
    blocks_[Machine::kMatched] = yes_;
    builder_.SetInsertPoint(no_);
    builder_.CreateRet(builder_.getFalse());
    builder_.SetInsertPoint(yes_);
    builder_.CreateRet(builder_.getTrue());
    for (std::size_t state = 2; state < machine_.size(); ++state)
      blocks_[state] = llvm::BasicBlock::Create(context_, "state", function_, no_);
    builder_.SetInsertPoint(entry);
    at_ = builder_.CreateAlloca(builder_.getPtrTy());
    builder_.CreateStore(function_->getArg(0), at_);
    end_ = builder_.CreateInBoundsGEP(builder_.getInt8Ty(), function_->getArg(0), function_->getArg(1));
    builder_.CreateBr(blocks_[machine_.start[static_cast<std::size_t>(regex::Side::Edge)]]);
    for (std::size_t state = 2; state < machine_.size(); ++state) emit_state(state);
  }

 private:
  void emit_state(std::size_t state) {
    const std::uint16_t* row = machine_.next.data() + state * machine_.width;
    builder_.SetInsertPoint(blocks_[state]);
    llvm::Value* at = builder_.CreateLoad(builder_.getPtrTy(), at_);
    llvm::BasicBlock* more = llvm::BasicBlock::Create(context_, "more", function_, no_);
    builder_.CreateCondBr(builder_.CreateICmpEQ(at, end_), row[machine_.width - 1] == Machine::kMatched ? yes_ : no_, more);
    builder_.SetInsertPoint(more);
    builder_.CreateStore(builder_.CreateConstInBoundsGEP1_64(builder_.getInt8Ty(), at, 1), at_);
    // The state most bytes lead to is the default.
    std::vector<int> ways(machine_.size(), 0);
    for (std::size_t byte = 0; byte < 256; ++byte) ++ways[row[machine_.classes[byte]]];
    const auto usual = static_cast<std::uint16_t>(std::max_element(ways.begin(), ways.end()) - ways.begin());
    llvm::SwitchInst* jump = builder_.CreateSwitch(builder_.CreateLoad(builder_.getInt8Ty(), at), blocks_[usual]);
    for (std::size_t byte = 0; byte < 256; ++byte)
      if (const std::uint16_t to = row[machine_.classes[byte]]; to != usual)
        jump->addCase(builder_.getInt8(static_cast<std::uint8_t>(byte)), blocks_[to]);
  }

  llvm::Function* function_;
  const Machine& machine_;
  llvm::LLVMContext& context_;
  llvm::IRBuilder<> builder_;
  llvm::BasicBlock *no_, *yes_;
  llvm::Value *at_ = nullptr, *end_ = nullptr;
  std::vector<llvm::BasicBlock*> blocks_;
};

regex::Flags flags_of(const program::RegexConstant& constant) { return {constant.ignore_case, constant.newline}; }

}  // namespace

llvm::Constant* Unit::machine_fields(const Machine& machine) {
  const auto i16 = [&](std::uint64_t n) { return llvm::ConstantInt::get(llvm::Type::getInt16Ty(module_->getContext()), n); };
  if (machine.width == 0) return llvm::Constant::getNullValue(machine_type());
  const std::vector<std::uint8_t> classes(machine.classes.begin(), machine.classes.end());
  std::vector<llvm::Constant*> start;
  for (std::uint16_t state : machine.start) start.push_back(i16(state));
  return llvm::ConstantStruct::get(
      machine_type(), {numbers(*module_, classes, "classes"), numbers(*module_, machine.next, "states"),
                       llvm::ConstantInt::get(abi_.i32, machine.width),
                       llvm::ConstantArray::get(llvm::ArrayType::get(start[0]->getType(), start.size()), start)});
}

llvm::StructType* Unit::machine_type() {
  llvm::LLVMContext& context = module_->getContext();
  return llvm::StructType::get(context, {abi_.ptr, abi_.ptr, abi_.i32, llvm::ArrayType::get(llvm::Type::getInt16Ty(context), 4)});
}

// AutomatonImage, runtime/abi/automaton.h.
llvm::Constant* Unit::automaton(const program::RegexConstant& constant) {
  std::string why;
  const std::optional<Machine> any = regex::make_matcher(constant.pattern, flags_of(constant), why);
  const std::optional<regex::Searcher> searcher = any ? regex::make_searcher(constant.pattern, flags_of(constant), why) : std::nullopt;
  if (!searcher) {
    needs_re2_ = true;
    return llvm::ConstantPointerNull::get(abi_.ptr);
  }
  llvm::LLVMContext& context = module_->getContext();
  const auto u32 = [&](std::uint64_t n) { return llvm::ConstantInt::get(abi_.i32, n); };
  const regex::Captures& captures = searcher->captures;
  const bool direct = !captures.ends.empty();
  llvm::Constant* const null = llvm::ConstantPointerNull::get(abi_.ptr);
  std::vector<llvm::Constant*> values = {machine_fields(*any), machine_fields(searcher->longest), machine_fields(searcher->starts),
                                         machine_fields(direct ? captures.direct : searcher->back),
                                         direct ? numbers(*module_, captures.ends, "ends") : null};
  if (captures.path_at.empty()) {
    values.insert(values.end(), 4, null);
  } else {
    std::vector<std::uint8_t> paths;  // CapturePath, little endian
    const auto put = [&](std::uint32_t n, int size) {
      for (int i = 0; i < size; ++i) paths.push_back(static_cast<std::uint8_t>(n >> 8 * i));
    };
    for (const regex::Captures::Path& path : captures.paths) {
      put(path.to, 2);
      put(path.save_count, 2);
      put(path.save_at, 4);
      put(path.assertions, 4);
    }
    values.push_back(numbers(*module_, captures.path_at, "path_at"));
    values.push_back(numbers(*module_, paths, "paths"));
    values.push_back(numbers(*module_, captures.saves, "saves"));
    values.push_back(direct ? null : numbers(*module_, captures.viable, "viable"));
  }
  values.push_back(u32(captures.row));
  values.push_back(u32(captures.path_at.empty() ? 0 : captures.path_at.size() - 2));
  values.push_back(u32(static_cast<std::uint64_t>(searcher->groups)));
  values.push_back(u32(searcher->anchored));
  std::vector<llvm::Type*> types;
  for (llvm::Constant* value : values) types.push_back(value->getType());
  return this->constant(llvm::ConstantStruct::get(llvm::StructType::get(context, types), values), "automaton");
}

Unit::MatcherRef Unit::matcher(std::size_t index) {
  if (index >= program_.regexes.size()) {
    fault("no such regex constant: " + std::to_string(index));
    return {};
  }
  if (matchers_.size() < program_.regexes.size()) matchers_.resize(program_.regexes.size());
  MatcherRef& slot = matchers_[index];
  if (slot.function || slot.table) return slot;
  const program::RegexConstant& constant = program_.regexes[index];
  std::string why;
  const std::optional<Machine> machine = regex::make_matcher(constant.pattern, flags_of(constant), why);
  if (!machine) return slot;
  if (machine->size() > regex::kMaxCodeStates) {
    slot.table = this->constant(machine_fields(*machine), "matcher");
    return slot;
  }
  auto* type = llvm::FunctionType::get(abi_.i1, {abi_.ptr, abi_.i64}, false);
  slot.function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, "match." + std::to_string(index), *module_);
  slot.function->setDSOLocal(true);
  slot.function->setDoesNotThrow();
  MatcherCode(slot.function, *machine).emit();
  return slot;
}

llvm::Constant* Unit::re2_compiler() {
  if (!needs_re2_) return llvm::ConstantPointerNull::get(abi_.ptr);
  return abi_.declare("stw.rt.compile_regex", {Pass::Bool, {Pass::Pointer, Pass::Pointer}});
}

}  // namespace strowger::codegen
