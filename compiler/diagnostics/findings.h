// Findings: a code, a place and facts. The words live on the code's page, diagnostics/codes/E0203.md.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "compiler/text/source.h"

namespace strowger::diagnostics {

enum class Level { Error, Warning, Hint, Security, Note };

/// A secondary line of a finding: "note: ..." or "help: ...".
struct Remark {
  Level level = Level::Note;  ///< Note; help is a Note with `help` set
  bool help = false;
  std::string words;
  text::Span span;  ///< may be empty
};

/// One change of the text that mends a fault without changing what else the script does: `span` becomes `text`.
/// A span of length 0 inserts.
struct Edit {
  text::Span span;
  std::string text;
};

struct Finding {
  std::string code;   ///< "E0203"; its first letter is its default level: E, W, I (hint), S
  Level level = Level::Error;
  text::Span span;
  std::string message;  ///< the code's page title with its {0}, {1} ... replaced by the facts
  std::vector<Remark> remarks;
  std::vector<Edit> edits;  ///< the safe fix, empty where there is none; `lint --fix` applies all or nothing of it

  Finding& note(std::string words, text::Span at = {});
  Finding& help(std::string words);
  /// Adds an edit; text that came out of a #!define cannot be edited at its use and gives none.
  Finding& fix(text::Span span, std::string text);
};

/// The findings of one compilation in the order of discovery. One fault gives one finding: add() drops a second
/// finding of the same code at the same place.
class Findings {
 public:
  /// `code` names a page in diagnostics/codes/; `facts` fill {0}, {1} ... of its title.
  Finding& add(std::string_view code, text::Span span, std::vector<std::string> facts = {});
  /// A fault that shows in many places, such as a define that is missing: the first finding with this `key` is added, the
  /// places of later ones become its notes, eight at most.
  Finding& add_fault(const std::string& key, std::string_view code, text::Span span, std::vector<std::string> facts = {});
  /// Takes back a finding that another one explains.
  void retract(std::size_t index);
  bool has_errors() const { return errors_ > 0; }
  std::size_t error_count() const { return errors_; }
  const std::vector<Finding>& all() const { return findings_; }
  std::vector<Finding>& all() { return findings_; }

 private:
  std::vector<Finding> findings_;
  std::set<std::tuple<const text::SourceFile*, std::uint32_t, std::string>> places_;
  std::map<std::string, std::pair<std::size_t, unsigned>> faults_;  ///< key: which finding, further places
  Finding dropped_;
  std::size_t errors_ = 0;
};

/// The title line of a code's page ("function '{0}' is not allowed in {1}"), empty where there is no such page.
/// Pages are compiled into the program from diagnostics/codes/*.md.
std::string_view title_of(std::string_view code);
/// The whole page, empty where there is none.
std::string_view page_of(std::string_view code);
/// All codes that have a page, sorted.
std::vector<std::string_view> all_codes();

struct RenderOptions {
  bool color = false;
};
/// gcc-like text with the line, a caret and remarks; see design/cli.md "Diagnostics". Sorted by file and place.
void render_text(const Findings& findings, std::ostream& out, RenderOptions options = {});
/// One JSON array of objects {code, level, message, file, line, column, end_line, end_column, notes}.
void render_json(const Findings& findings, std::ostream& out);
/// SARIF 2.1.0: one run of one tool, a rule for every code that was found.
void render_sarif(const Findings& findings, std::string_view tool_version, std::ostream& out);
/// Workflow commands of GitHub Actions: one line a finding, shown beside the change.
void render_github(const Findings& findings, std::ostream& out);
/// Checkstyle's XML, which most CI servers read.
void render_checkstyle(const Findings& findings, std::ostream& out);

}  // namespace strowger::diagnostics
