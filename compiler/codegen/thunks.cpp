// Small functions behind pointers: VariableRef's get and set, and the log prefix.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"

namespace strowger::codegen {

llvm::Function* Unit::getter_thunk(const program::VariableUse& use, std::size_t index) {
  auto* type = llvm::FunctionType::get(abi_.value, {abi_.ptr}, false);
  const std::string name = "get " + use.written + " " + std::to_string(index);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, *module_);
  Body(*this, function, name, {}).emit_getter(use);
  return function;
}

llvm::Function* Unit::setter_thunk(const program::VariableUse& use, std::size_t index) {
  auto* type = llvm::FunctionType::get(abi_.i32, {abi_.ptr, abi_.i64, abi_.i64}, false);
  const std::string name = "set " + use.written + " " + std::to_string(index);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, *module_);
  Body(*this, function, name, {}).emit_setter(use);
  return function;
}

llvm::Function* Unit::log_prefix() {
  if (!program_.log_prefix) return nullptr;
  auto* type = llvm::FunctionType::get(abi_.text, {abi_.ptr}, false);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, "log_prefix", *module_);
  Body(*this, function, "log_prefix", program_.log_prefix->span).emit_text_function(*program_.log_prefix);
  return function;
}

}  // namespace strowger::codegen
