// Marks that tell which statements ran: one byte each, for `strowger test --coverage`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/unit.h"

namespace strowger::codegen {

llvm::Constant* Unit::mark(const text::Span& span) {
  if (!options_.coverage || !span.file) return nullptr;
  // The array is declared without its size and gets it in marks().
  if (!marks_)
    marks_ = new llvm::GlobalVariable(*module_, llvm::ArrayType::get(abi_.i8, 0), false, llvm::GlobalValue::ExternalLinkage, nullptr, "coverage");
  covered_.push_back({span, 0});
  return llvm::ConstantExpr::getInBoundsGetElementPtr(abi_.i8, marks_, llvm::ConstantInt::get(abi_.i64, covered_.size() - 1));
}

llvm::Constant* Unit::marks() {
  if (!marks_) return llvm::ConstantPointerNull::get(llvm::PointerType::getUnqual(module_->getContext()));
  auto* type = llvm::ArrayType::get(abi_.i8, covered_.size());
  auto* bytes = new llvm::GlobalVariable(*module_, type, false, llvm::GlobalValue::InternalLinkage, llvm::ConstantAggregateZero::get(type), "marks");
  marks_->replaceAllUsesWith(bytes);
  marks_->eraseFromParent();
  marks_ = bytes;
  return bytes;
}

}  // namespace strowger::codegen
