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

  /// A function while its body is emitted; several may be open at a time.
  struct Function {
    llvm::DISubprogram* subprogram = nullptr;  ///< null when disabled
    const text::SourceFile* file = nullptr;
    std::uint32_t line = 0;
    std::map<std::string, llvm::DIScope*> scopes;  ///< for text from other files
  };
  Function begin_function(llvm::Function* function, const std::string& name, const text::Span& span);
  /// The location for what is emitted next; null when disabled.
  llvm::DILocation* at(Function& function, const text::Span& span);
  void finish();

 private:
  llvm::DIFile* file(const text::SourceFile* source);
  llvm::DIScope* scope(Function& function, const text::SourceFile* source);

  bool enabled_;
  bool optimised_;
  llvm::Module& module_;
  llvm::DIBuilder builder_;
  llvm::DICompileUnit* unit_ = nullptr;
  const text::SourceFile* root_;
  std::map<std::string, llvm::DIFile*> files_;
};

}  // namespace strowger::codegen
