// Numbers, texts and arrays as LLVM constants.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <llvm/IR/Constants.h>

#include "compiler/codegen/unit.h"

namespace strowger::codegen {

llvm::Constant* Unit::number(Int n) const { return llvm::ConstantInt::getSigned(abi_.i64, n); }

llvm::Constant* Unit::bytes(std::string_view text) {
  if (const auto it = bytes_.find(text); it != bytes_.end()) return it->second;
  // A terminating zero that does not count: handy in debuggers and for C interfaces.
  llvm::Constant* data = llvm::ConstantDataArray::getString(module_->getContext(), llvm::StringRef(text), true);
  auto* global = new llvm::GlobalVariable(*module_, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data, "text");
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  global->setAlignment(llvm::Align(1));
  bytes_.emplace(std::string(text), global);
  return global;
}

llvm::Constant* Unit::text(std::string_view text) {
  return llvm::ConstantStruct::get(abi_.text, {bytes(text), number(static_cast<Int>(text.size()))});
}

llvm::Constant* Unit::null_text() const { return llvm::Constant::getNullValue(abi_.text); }

Cell Unit::text_cell(std::string_view text) { return {bytes(text), number(static_cast<Int>(text.size()))}; }

llvm::GlobalVariable* Unit::constant(llvm::Constant* value, const char* name) {
  auto* global =
      new llvm::GlobalVariable(*module_, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value, name);
  global->setAlignment(llvm::Align(8));
  return global;
}

llvm::Constant* Unit::array(llvm::Type* item, const std::vector<llvm::Constant*>& items, const char* name) {
  if (items.empty()) return llvm::ConstantPointerNull::get(abi_.ptr);
  return constant(llvm::ConstantArray::get(llvm::ArrayType::get(item, items.size()), items), name);
}

}  // namespace strowger::codegen
