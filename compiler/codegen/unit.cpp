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
    Body(*this, routes_[i], route.symbol, route.span).emit_route(route);
  }
  emit_image();
  lines_->finish();
}

llvm::Function* Unit::route_function(std::size_t index) { return routes_[index]; }

}  // namespace strowger::codegen
