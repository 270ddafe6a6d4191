// Edits are sorted by place, those of one finding stand or fall together, and the file is replaced by rename().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/fix.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

namespace strowger::driver {
namespace {

bool overlap(const diagnostics::Edit& a, const diagnostics::Edit& b) {
  const std::uint32_t a_end = a.span.offset + a.span.length, b_end = b.span.offset + b.span.length;
  if (a.span.offset == b.span.offset) return true;
  return a.span.offset < b_end && b.span.offset < a_end;
}

/// Empty, or why not.
std::string replace_file(const std::string& path, const std::string& content) {
  const std::string next = path + ".strowger-fix";
  struct stat status = {};
  const bool known = ::stat(path.c_str(), &status) == 0;
  std::FILE* file = std::fopen(next.c_str(), "wbx");
  if (!file) return std::strerror(errno);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const bool kept_mode = !known || ::fchmod(::fileno(file), status.st_mode & 07777) == 0;
  const bool closed = std::fclose(file) == 0;
  if (written && kept_mode && closed && std::rename(next.c_str(), path.c_str()) == 0) return {};
  const std::string why = std::strerror(errno);
  ::unlink(next.c_str());
  return why;
}

}  // namespace

std::string with_edits(const text::SourceFile& file, const diagnostics::Findings& findings, std::size_t& applied) {
  std::vector<const diagnostics::Edit*> chosen;
  for (const diagnostics::Finding& finding : findings.all()) {
    if (finding.edits.empty()) continue;
    const bool free = std::all_of(finding.edits.begin(), finding.edits.end(), [&](const diagnostics::Edit& edit) {
      return edit.span.file->path == file.path && edit.span.offset + edit.span.length <= file.content.size() &&
             std::none_of(chosen.begin(), chosen.end(), [&](const diagnostics::Edit* other) { return overlap(edit, *other); });
    });
    if (!free) continue;
    for (const diagnostics::Edit& edit : finding.edits) chosen.push_back(&edit);
    ++applied;
  }
  std::sort(chosen.begin(), chosen.end(), [](const auto* a, const auto* b) { return a->span.offset < b->span.offset; });
  std::string out;
  std::size_t at = 0;
  for (const diagnostics::Edit* edit : chosen) {
    out.append(file.content, at, edit->span.offset - at);
    out += edit->text;
    at = edit->span.offset + edit->span.length;
  }
  return out.append(file.content, at);
}

FixResult apply_edits(const diagnostics::Findings& findings) {
  FixResult out;
  // By path: each profile has read the file for itself.
  std::map<std::string, const text::SourceFile*> files;
  for (const diagnostics::Finding& finding : findings.all())
    for (const diagnostics::Edit& edit : finding.edits) files.emplace(edit.span.file->path, edit.span.file);
  for (const auto& [path, file] : files) {
    std::size_t applied = 0;
    const std::string content = with_edits(*file, findings, applied);
    if (content == file->content) continue;
    const std::string why = replace_file(path, content);
    if (why.empty()) out.applied += applied;
    else out.failed.push_back(path + ": " + why);
  }
  return out;
}

}  // namespace strowger::driver
