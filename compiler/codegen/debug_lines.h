// Line tables that point into the cfg: one subprogram per route, one location per statement and expression.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <string>

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/Module.h>

#include "compiler/text/source.h"

namespace strowger::codegen {

class DebugLines {
 public:
  /// `root` is the cfg that the user named. When not `enabled`, everything here does nothing.
  DebugLines(llvm::Module& module, const text::SourceFile* root, bool enabled, bool optimised, const std::string& producer);

  void begin_function(llvm::Function* function, const std::string& name, const text::Span& span);
  /// The location for what is emitted next in the function that began last; null when disabled.
  llvm::DILocation* at(const text::Span& span);
  void finish();

 private:
  llvm::DIFile* file(const text::SourceFile* source);
  llvm::DIScope* scope(const text::SourceFile* source);

  bool enabled_;
  bool optimised_;
  llvm::Module& module_;
  llvm::DIBuilder builder_;
  llvm::DICompileUnit* unit_ = nullptr;
  const text::SourceFile* root_;
  llvm::DISubprogram* function_ = nullptr;
  const text::SourceFile* function_file_ = nullptr;
  std::uint32_t function_line_ = 0;
  std::map<std::string, llvm::DIFile*> files_;
  std::map<std::string, llvm::DIScope*> scopes_;  ///< of the current function, for text from other files
};

}  // namespace strowger::codegen
