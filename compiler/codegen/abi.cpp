// Lowers C++ signatures to LLVM function types and calls.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/abi.h"

namespace strowger::codegen {
namespace {

constexpr int kIntegerRegisters = 6;

bool is_pair(Pass pass) { return pass == Pass::Text || pass == Pass::Value; }

}  // namespace

Abi::Abi(llvm::Module& module)
    : i1(llvm::Type::getInt1Ty(module.getContext())),
      i8(llvm::Type::getInt8Ty(module.getContext())),
      i32(llvm::Type::getInt32Ty(module.getContext())),
      i64(llvm::Type::getInt64Ty(module.getContext())),
      ptr(llvm::PointerType::getUnqual(module.getContext())),
      text(llvm::StructType::get(module.getContext(), {ptr, i64})),
      value(llvm::StructType::get(module.getContext(), {i64, i64})),
      module_(module) {}

Abi::Lowered Abi::lower(const Signature& signature) const {
  Lowered lowered;
  std::vector<llvm::Type*> types;
  int free = kIntegerRegisters;
  for (const Pass pass : signature.params) {
    bool stack = false;
    switch (pass) {
      case Pass::Text:
      case Pass::Value:
        if (free >= 2) {
          free -= 2;
          types.push_back(pass == Pass::Text ? static_cast<llvm::Type*>(ptr) : i64);
          types.push_back(i64);
        } else {
          stack = true;
          types.push_back(ptr);
        }
        break;
      case Pass::Int: types.push_back(i64); break;
      case Pass::Code:
      case Pass::U32: types.push_back(i32); break;
      case Pass::Bool: types.push_back(i1); break;
      case Pass::Pointer: types.push_back(ptr); break;
      case Pass::Void: break;
    }
    if (!is_pair(pass) && free > 0) --free;
    lowered.on_stack.push_back(stack);
  }
  llvm::Type* result = nullptr;
  switch (signature.result) {
    case Pass::Void: result = llvm::Type::getVoidTy(module_.getContext()); break;
    case Pass::Int: result = i64; break;
    case Pass::Code:
    case Pass::U32: result = i32; break;
    case Pass::Bool: result = i1; break;
    case Pass::Pointer: result = ptr; break;
    case Pass::Text: result = text; break;
    case Pass::Value: result = value; break;
  }
  lowered.type = llvm::FunctionType::get(result, types, false);
  return lowered;
}

llvm::AttributeList Abi::attributes(const Signature& signature, const Lowered& lowered) const {
  llvm::LLVMContext& context = module_.getContext();
  llvm::AttributeList list;
  if (signature.result == Pass::Bool) list = list.addRetAttribute(context, llvm::Attribute::ZExt);
  unsigned at = 0;
  for (std::size_t i = 0; i < signature.params.size(); ++i) {
    const Pass pass = signature.params[i];
    if (pass == Pass::Bool) list = list.addParamAttribute(context, at, llvm::Attribute::ZExt);
    if (lowered.on_stack[i]) {
      llvm::Type* type = pass == Pass::Text ? text : value;
      list = list.addParamAttribute(context, at, llvm::Attribute::getWithByValType(context, type));
      list = list.addParamAttribute(context, at, llvm::Attribute::getWithAlignment(context, llvm::Align(8)));
    }
    at += is_pair(pass) && !lowered.on_stack[i] ? 2 : 1;
  }
  return list;
}

llvm::Function* Abi::declare(std::string_view symbol, const Signature& signature) {
  if (llvm::Function* known = module_.getFunction(symbol)) return known;
  const Lowered lowered = lower(signature);
  auto* function = llvm::Function::Create(lowered.type, llvm::GlobalValue::ExternalLinkage, llvm::StringRef(symbol), module_);
  function->setAttributes(attributes(signature, lowered));
  // The runtime is in the same executable: no detour by the PLT.
  function->setDSOLocal(true);
  return function;
}

Cell Abi::call(llvm::IRBuilder<>& builder, llvm::Function* function, const Signature& signature,
               const std::vector<Cell>& args, llvm::BasicBlock& entry, bool inlined) {
  const Lowered lowered = lower(signature);
  std::vector<llvm::Value*> values;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!is_pair(signature.params[i])) {
      values.push_back(args[i].a);
    } else if (lowered.on_stack[i]) {
      llvm::StructType* type = signature.params[i] == Pass::Text ? text : value;
      llvm::AllocaInst* slot = stack_slot(entry, type, "byval");
      builder.CreateStore(args[i].a, slot);
      builder.CreateStore(args[i].b, builder.CreateStructGEP(type, slot, 1));
      values.push_back(slot);
    } else {
      values.push_back(args[i].a);
      values.push_back(args[i].b);
    }
  }
  llvm::CallInst* result = builder.CreateCall(lowered.type, function, values);
  result->setAttributes(attributes(signature, lowered));
  if (inlined) result->addFnAttr(llvm::Attribute::AlwaysInline);
  if (is_pair(signature.result)) return {builder.CreateExtractValue(result, 0), builder.CreateExtractValue(result, 1)};
  return {result, nullptr};
}

llvm::AllocaInst* stack_slot(llvm::BasicBlock& entry, llvm::Type* type, const char* name) {
  llvm::IRBuilder<> builder(&entry, entry.begin());
  llvm::AllocaInst* slot = builder.CreateAlloca(type, nullptr, name);
  if (slot->getAlign() < llvm::Align(8)) slot->setAlignment(llvm::Align(8));
  return slot;
}

}  // namespace strowger::codegen
