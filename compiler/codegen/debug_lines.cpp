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
  module.addModuleFlag(llvm::Module::Max, "Dwarf Version", 5);
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

void DebugLines::begin_function(llvm::Function* function, const std::string& name, const text::Span& span) {
  if (!enabled_) return;
  scopes_.clear();
  function_file_ = span.file ? span.file : root_;
  function_line_ = span.line();
  auto* type = builder_.createSubroutineType(builder_.getOrCreateTypeArray({}));
  auto flags = llvm::DISubprogram::SPFlagDefinition;
  if (function->hasLocalLinkage()) flags |= llvm::DISubprogram::SPFlagLocalToUnit;
  if (optimised_) flags |= llvm::DISubprogram::SPFlagOptimized;
  llvm::DIFile* in = file(function_file_);
  function_ = builder_.createFunction(in, name, function->getName(), in, function_line_, type, function_line_,
                                      llvm::DINode::FlagPrototyped, flags);
  function->setSubprogram(function_);
}

llvm::DIScope* DebugLines::scope(const text::SourceFile* source) {
  if (!source || source == function_file_ || source->path == path_of(function_file_)) return function_;
  llvm::DIScope*& known = scopes_[source->path];
  if (!known) known = builder_.createLexicalBlockFile(function_, file(source));
  return known;
}

llvm::DILocation* DebugLines::at(const text::Span& span) {
  if (!enabled_ || !function_) return nullptr;
  if (!span.file) return llvm::DILocation::get(module_.getContext(), function_line_, 0, function_);
  return llvm::DILocation::get(module_.getContext(), span.line(), span.column(), scope(span.file));
}

void DebugLines::finish() {
  if (enabled_) builder_.finalize();
}

}  // namespace strowger::codegen
