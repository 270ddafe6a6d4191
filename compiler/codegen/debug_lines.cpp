// DWARF line tables by DIBuilder.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/debug_lines.h"

namespace strowger::codegen {
namespace {

std::string path_of(const text::SourceFile* source) { return source ? source->path : "script"; }

}  // namespace

DebugLines::DebugLines(llvm::Module& module, const text::SourceFile* root, bool enabled, bool optimised,
                       const std::string& producer)
    : enabled_(enabled), optimised_(optimised), module_(module), builder_(module), root_(root) {
  if (!enabled_) return;
  module.addModuleFlag(llvm::Module::Max, "Dwarf Version", 4);
  module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  unit_ = builder_.createCompileUnit(llvm::dwarf::DW_LANG_C11, file(root_), producer, optimised, "", 0);
}

llvm::DIFile* DebugLines::file(const text::SourceFile* source) {
  const std::string path = path_of(source);
  llvm::DIFile*& known = files_[path];
  // Directory ".": paths stay as the user wrote them, and the executable does not depend on where it was built.
  if (!known) known = builder_.createFile(path, ".");
  return known;
}

DebugLines::Function DebugLines::begin_function(llvm::Function* function, const std::string& name, const text::Span& span) {
  Function begun;
  if (!enabled_) return begun;
  begun.file = span.file ? span.file : root_;
  begun.line = span.line();
  auto* type = builder_.createSubroutineType(builder_.getOrCreateTypeArray({}));
  auto flags = llvm::DISubprogram::SPFlagDefinition;
  if (function->hasLocalLinkage()) flags |= llvm::DISubprogram::SPFlagLocalToUnit;
  if (optimised_) flags |= llvm::DISubprogram::SPFlagOptimized;
  llvm::DIFile* in = file(begun.file);
  begun.subprogram = builder_.createFunction(in, name, function->getName(), in, begun.line, type, begun.line,
                                             llvm::DINode::FlagPrototyped, flags);
  function->setSubprogram(begun.subprogram);
  return begun;
}

llvm::DIScope* DebugLines::scope(Function& function, const text::SourceFile* source) {
  if (source == function.file || source->path == path_of(function.file)) return function.subprogram;
  llvm::DIScope*& known = function.scopes[source->path];
  if (!known) known = builder_.createLexicalBlockFile(function.subprogram, file(source));
  return known;
}

llvm::DILocation* DebugLines::at(Function& function, const text::Span& span) {
  if (!function.subprogram) return nullptr;
  if (!span.file) return llvm::DILocation::get(module_.getContext(), function.line, 0, function.subprogram);
  return llvm::DILocation::get(module_.getContext(), span.line(), span.column(), scope(function, span.file));
}

void DebugLines::finish() {
  if (enabled_) builder_.finalize();
}

}  // namespace strowger::codegen
