// What stands under an editor's cursor: told from the text alone, so that it works while the script is being written.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "compiler/modules/interface.h"

namespace strowger::lsp {

struct Word {
  enum class Kind {
    None,            ///< a comment, or nothing that has a name
    Name,            ///< a function, a core command, a keyword
    Variable,        ///< behind `$` or `$(`
    Transformation,  ///< behind `{`: class.op
    Module,          ///< of loadmodule and modparam, without path and ".so"
    Parameter,       ///< of modparam; `module` tells whose
    Route,           ///< a block's name where one is called or armed; `route` tells of which kind
    File,            ///< of include_file and import_file
    Text,            ///< in another string
  } kind = Kind::None;
  std::string text;               ///< the whole word
  std::size_t begin = 0, end = 0; ///< its bytes, without `$`
  std::string module;
  RouteKind route = kRequestRoute;
};

/// `offset` is in the word or at its end; words may be empty there (`$` was just typed).
Word word_at(std::string_view script, std::size_t offset, const modules::ModuleSet& modules);

}  // namespace strowger::lsp
