// Edits are sorted by place, those of one finding stand or fall together.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/fix.h"

#include <algorithm>
#include <map>

#include "compiler/driver/replace_file.h"

namespace strowger::driver {
namespace {

bool overlap(const diagnostics::Edit& a, const diagnostics::Edit& b) {
  const std::uint32_t a_end = a.span.offset + a.span.length, b_end = b.span.offset + b.span.length;
  if (a.span.offset == b.span.offset) return true;
  return a.span.offset < b_end && b.span.offset < a_end;
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
