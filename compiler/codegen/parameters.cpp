// Module parameters and state slots: constants that the modules' native code reads and their bitcode folds.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <llvm/IR/Constants.h>

#include "compiler/codegen/unit.h"

namespace strowger::codegen {
namespace {

using program::ParameterValue;

const ParameterValue* value_of(const program::Program& program, const modules::Parameter& parameter) {
  for (const ParameterValue& value : program.parameters)
    if (value.parameter == &parameter) return &value;
  return nullptr;
}

}  // namespace

void Unit::emit_parameters() {
  const auto define = [&](const std::string& symbol, llvm::Constant* value) {
    if (module_->getNamedValue(symbol)) return fault("two parameters have the symbol " + symbol);
    auto* global =
        new llvm::GlobalVariable(*module_, value->getType(), true, llvm::GlobalValue::ExternalLinkage, value, symbol);
    global->setVisibility(llvm::GlobalValue::HiddenVisibility);
    global->setDSOLocal(true);
    global->setAlignment(llvm::Align(value->getType() == abi_.i32 ? 4 : 8));
  };
  llvm::Constant* null = llvm::ConstantPointerNull::get(abi_.ptr);
  auto* list_type = llvm::StructType::get(module_->getContext(), {abi_.ptr, abi_.i64});

  for (std::size_t i = 0; i < program_.loaded.size(); ++i) {
    const modules::ModuleInterface& module = *program_.loaded[i];
    define("stw.slot." + module.name, llvm::ConstantInt::get(abi_.i32, i));
    for (const modules::Parameter& parameter : module.params) {
      ParameterValue fallback;
      const ParameterValue* value = value_of(program_, parameter);
      if (!value) {
        if (parameter.number) fallback.numbers = {*parameter.number};
        if (parameter.text) fallback.texts = {*parameter.text};
        fallback.is_null = !parameter.text;
        value = &fallback;
      }
      if (parameter.repeated) {
        std::vector<llvm::Constant*> items;
        if (parameter.is_text) {
          for (const std::string& item : value->texts) items.push_back(text(item));
        } else {
          for (const Int item : value->numbers) items.push_back(number(item));
        }
        llvm::Constant* list = array(parameter.is_text ? static_cast<llvm::Type*>(abi_.text) : abi_.i64, items, "items");
        define(parameter.symbol, llvm::ConstantStruct::get(list_type, {list, number(static_cast<Int>(items.size()))}));
      } else if (parameter.is_variable) {
        define(parameter.symbol, value->variable ? variable(value->variable - 1) : null);
      } else if (parameter.is_attributes) {
        define(parameter.symbol, value->path ? path(value->path - 1) : null);
      } else if (parameter.is_text) {
        define(parameter.symbol, value->is_null || value->texts.empty() ? null_text() : text(value->texts.back()));
      } else {
        define(parameter.symbol, number(value->numbers.empty() ? 0 : value->numbers.back()));
      }
    }
  }
}

}  // namespace strowger::codegen
