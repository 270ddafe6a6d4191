// The language server: open scripts, what they were checked to be, and answers to an editor (LSP 3.17).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>

#include <llvm/Support/JSON.h>

#include "compiler/analysis/compilation.h"
#include "compiler/lsp/word.h"

namespace strowger::lsp {

/// Checks the script of a path. `out` has the texts of open files as presets. What is wrong with the project's settings, or "".
using Check = std::function<std::string(const std::string& path, analysis::Compilation& out)>;

/// One editor's server. Scripts are checked with what the editor has in place of the files; an open file that an open script includes
/// is checked as a part of that script.
class Server {
 public:
  /// `modules` outlives this. `version` is told to the editor.
  Server(const modules::ModuleSet& modules, Check check, std::string version, std::istream& in, std::ostream& out);

  /// Until the editor says `exit` or hangs up. True after `shutdown`.
  bool run();

 private:
  using Result = llvm::Expected<llvm::json::Value>;
  /// One script with all that it includes.
  struct Checked {
    analysis::Compilation script;
    std::set<std::string> files;       ///< absolute paths of all that was read
    std::set<std::string> published;   ///< URIs that have findings of it
  };
  struct Place {
    const std::string* text;
    std::size_t offset;
    Word word;
    const syntax::Ast* ast;            ///< of the script that the file belongs to, null where there is none
  };

  void handle(const llvm::json::Object& message);
  Result answer(llvm::StringRef method, const llvm::json::Object& params);
  void notice(llvm::StringRef method, const llvm::json::Object& params);
  void send(llvm::json::Object message);
  void log(const std::string& words);

  void changed(const std::string& path);
  void check_changed();
  void check(const std::string& root);
  void publish(Checked& checked);
  void forget(const std::string& root);
  const Checked* script_of(const std::string& path) const;

  std::optional<std::string> open_path(const llvm::json::Object& params) const;
  std::optional<Place> place(const llvm::json::Object& params) const;
  llvm::json::Value hover(const Place& place) const;
  llvm::json::Value definition(const Place& place) const;
  llvm::json::Value references(const std::string& path, const Place& place) const;
  llvm::json::Value symbols(const std::string& path) const;
  Result formatting(const std::string& path) const;
  llvm::json::Value actions(const std::string& path, const llvm::json::Object& params) const;

  const modules::ModuleSet& modules_;
  const Check check_;
  const std::string version_;
  std::istream& in_;
  std::ostream& out_;
  std::map<std::string, std::string> open_;                        ///< path: text
  std::map<std::string, std::unique_ptr<Checked>> checked_;        ///< by the path of the script
  std::set<std::string> changed_;                                  ///< not checked yet
  bool initialized_ = false, shut_down_ = false, exited_ = false;
};

}  // namespace strowger::lsp
