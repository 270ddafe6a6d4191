// What is known about names: their reference for a hover, and what may stand at a place for completion.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <llvm/Support/JSON.h>

#include "compiler/lsp/word.h"
#include "compiler/syntax/ast.h"

namespace strowger::lsp {

/// Markdown; empty where nothing is known. `ast` (may be null) tells which modules are loaded and which blocks there are.
std::string describe(const Word& word, const modules::ModuleSet& modules, const syntax::Ast* ast);

/// CompletionItems of what the word may become; the editor filters them by what is written already.
llvm::json::Array complete(const Word& word, std::string_view script, const modules::ModuleSet& modules, const syntax::Ast* ast);

/// "route[RELAY]", "request_route"
std::string name_of(const syntax::Route& route);

/// The blocks of a kind and name; of a request route's name also that of event routes.
std::vector<const syntax::Route*> routes_named(const syntax::Ast& ast, RouteKind kind, std::string_view name);

}  // namespace strowger::lsp
