// Where text came from: files, positions and the chain of includes and expansions behind a token.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::text {

/// One text that was read: a file, a `-D` value, or the value of a #!define. Owned by Sources; never moves.
struct SourceFile {
  std::string path;              ///< as the user wrote it (relative stays relative); "<command line>" for -D
  std::string content;           ///< all bytes
  std::vector<std::uint32_t> line_starts;
  const SourceFile* included_from = nullptr;  ///< the includer, null for the root
  std::uint32_t included_at = 0;              ///< line in the includer

  /// 1-based line of a byte offset.
  std::uint32_t line_of(std::uint32_t offset) const;
  std::uint32_t column_of(std::uint32_t offset) const;
  std::string_view line_text(std::uint32_t line) const;
};

/// A stretch of source text: what findings, AST nodes and line tables point with. For a token that came out of a
/// #!define or #!subst, `file/offset/length` is the place of *use* that the user wrote, and `expansion` names the define.
struct Span {
  const SourceFile* file = nullptr;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  const std::string* expansion = nullptr;  ///< name of the #!define the text came from, or null; owned by Sources

  std::uint32_t line() const { return file ? file->line_of(offset) : 0; }
  std::uint32_t column() const { return file ? file->column_of(offset) : 0; }
  /// From the start of `a` to the end of `b` (same file; else `a`).
  static Span join(const Span& a, const Span& b);
};

/// Owns every text of one compilation, so that spans stay valid.
class Sources {
 public:
  /// Reads a file; null where it cannot be read (errno tells why).
  const SourceFile* open(const std::string& path, const SourceFile* from = nullptr, std::uint32_t at_line = 0);
  /// From now on open() gives `content` for this path instead of what the file has.
  void preset(const std::string& path, std::string content) { presets_[path] = std::move(content); }
  /// A text that is not a file.
  const SourceFile* add(std::string name, std::string content);
  /// A string that lives as long as this, for Span::expansion and decoded literals.
  const std::string* intern(std::string s);
  /// All texts read so far, in order (for hashes and dependency lists).
  const std::vector<std::unique_ptr<SourceFile>>& all() const { return files_; }

 private:
  std::vector<std::unique_ptr<SourceFile>> files_;
  std::vector<std::unique_ptr<std::string>> strings_;
  std::map<std::string, std::string> presets_;
};

}  // namespace strowger::text
