// The order in which a script's LLVM module is built.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/unit.h"

#include "compiler/codegen/body.h"
#include "compiler/codegen/debug_lines.h"

namespace strowger::codegen {
namespace {

const text::SourceFile* root_of(const program::Program& program) {
  if (program.ast && program.ast->root) return program.ast->root;
  for (const program::Route& route : program.routes)
    if (route.span.file) return route.span.file;
  return nullptr;
}

}  // namespace

Unit::Unit(llvm::LLVMContext& context, const program::Program& program, const GenerateOptions& options)
    : program_(program),
      options_(options),
      module_(std::make_unique<llvm::Module>("script", context)),
      abi_(*module_),
      lines_(std::make_unique<DebugLines>(*module_, root_of(program), options.debug_lines, options.level > 0,
                                          "strowger " + options.toolchain_version)) {
  if (const text::SourceFile* root = root_of(program)) module_->setSourceFileName(root->path);
  module_->setPICLevel(llvm::PICLevel::BigPIC);
  module_->setUwtable(llvm::UWTableKind::Async);
  module_->setFramePointer(llvm::FramePointerKind::All);
}

Unit::~Unit() = default;

void Unit::fault(std::string words) {
  if (fault_.empty()) fault_ = std::move(words);
}

void Unit::emit() {
  // All routes are declared first: they call each other, and constants point at them.
  for (const program::Route& route : program_.routes) {
    auto* type = llvm::FunctionType::get(abi_.i64, {abi_.ptr}, false);
    auto* function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, route.symbol, *module_);
    function->setDSOLocal(true);
    routes_.push_back(function);
  }
  emit_parameters();
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const program::Route& route = program_.routes[i];
    const std::size_t first = covered_.size();
    Body(*this, routes_[i], route.symbol, route.span).emit_route(route);
    for (std::size_t at = first; at < covered_.size(); ++at) covered_[at].route = i;
  }
  emit_image();
  lines_->finish();
}

llvm::Function* Unit::route_function(std::size_t index) { return routes_[index]; }

llvm::Function* Unit::entry_function(std::size_t index) {
  const program::Route& route = program_.routes[index];
  if (!route.is_entry || route.kept.empty()) return routes_[index];
  entries_.resize(routes_.size());
  if (entries_[index]) return entries_[index];
  auto* type = llvm::FunctionType::get(abi_.i64, {abi_.ptr}, false);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, "run " + route.symbol, *module_);
  function->setDSOLocal(true);
  llvm::BasicBlock* entry = llvm::BasicBlock::Create(module_->getContext(), "entry", function);
  llvm::IRBuilder<> builder(entry);
  llvm::Value* call = function->getArg(0);
  llvm::Value* code = builder.CreateCall(type, routes_[index], {call});
  std::vector<llvm::Constant*> slots;
  for (const std::size_t slot : route.kept) slots.push_back(llvm::ConstantInt::get(abi_.i32, slot));
  const Signature keep{Pass::Void, {Pass::Pointer, Pass::Pointer, Pass::Int}};
  abi_.call(builder, abi_.declare("stw.rt.keep_slots", keep), keep,
            {{call}, {array(abi_.i32, slots, "kept")}, {number(static_cast<Int>(slots.size()))}}, *entry);
  builder.CreateRet(code);
  return entries_[index] = function;
}

}  // namespace strowger::codegen
