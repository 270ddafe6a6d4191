// Reads strowger.toml.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/project.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace strowger::driver {
namespace {

namespace fs = std::filesystem;

/// Collects what a file says and the first fault in it.
class Reader {
 public:
  Reader(Project& project, std::string& error) : project_(project), error_(error) {}

  void read(const toml::table& root) {
    for (const auto& [key, value] : root) {
      if (key == "defines") project_.defines = texts(key, value);
      else if (key == "include") project_.include_dirs = folders(texts(key, value));
      else if (key == "lint" && value.is_table()) read_lint(*value.as_table());
      else if (key == "profiles" && value.is_table()) read_profiles(*value.as_table());
      else fail(value, "'" + std::string(key.str()) + "' is not known: defines, include, [lint], [lint.levels] or [profiles]");
    }
  }

 private:
  void fail(const toml::node& at, const std::string& words) {
    if (!error_.empty()) return;
    error_ = project_.path + ":" + std::to_string(at.source().begin.line) + ":" + std::to_string(at.source().begin.column) + ": " + words;
  }

  std::vector<std::string> texts(const toml::key& key, const toml::node& value) {
    std::vector<std::string> out;
    const toml::array* array = value.as_array();
    if (!array) {
      fail(value, "'" + std::string(key.str()) + "' must be a list of strings");
      return out;
    }
    for (const toml::node& item : *array) {
      if (const auto text = item.value<std::string>(); text && item.is_string()) out.push_back(*text);
      else fail(item, "'" + std::string(key.str()) + "' must be a list of strings");
    }
    return out;
  }

  std::vector<std::string> folders(std::vector<std::string> names) const {
    const fs::path base = fs::path(project_.path).parent_path();
    for (std::string& name : names)
      if (!fs::path(name).is_absolute()) name = (base / name).string();
    return names;
  }

  void read_lint(const toml::table& table) {
    for (const auto& [key, value] : table) {
      if (key == "fail-on") {
        project_.fail_on = value.value<std::string>();
        if (project_.fail_on != "error" && project_.fail_on != "warning") fail(value, "fail-on must be \"error\" or \"warning\"");
      } else if (key == "levels" && value.is_table()) {
        for (const auto& [code, level] : *value.as_table()) read_level(std::string(code.str()), level);
      } else {
        fail(value, "'lint." + std::string(key.str()) + "' is not known: fail-on or [lint.levels]");
      }
    }
  }

  void read_level(const std::string& code, const toml::node& value) {
    const std::string level = value.value<std::string>().value_or("");
    if (level != "off" && level != "hint" && level != "warning" && level != "error")
      return fail(value, code + " must be \"off\", \"hint\", \"warning\" or \"error\"");
    if (diagnostics::title_of(code).empty()) return fail(value, "there is no finding " + code);
    if (code[0] == 'E' && level != "error") return fail(value, code + " is an error: its level cannot be changed");
    project_.levels[code] = level;
  }

  void read_profiles(const toml::table& table) {
    for (const auto& [key, value] : table) project_.profiles[std::string(key.str())] = texts(key, value);
  }

  Project& project_;
  std::string& error_;
};

}  // namespace

Project find_project(const std::string& script, std::string& error) {
  Project project;
  std::error_code ignored;
  const fs::path start = fs::absolute(script, ignored).lexically_normal();
  for (fs::path folder = start.parent_path();; folder = folder.parent_path()) {
    if (const fs::path file = folder / "strowger.toml"; fs::is_regular_file(file, ignored)) {
      project.path = file.string();
      break;
    }
    if (!folder.has_relative_path()) return project;
  }
  const toml::parse_result parsed = toml::parse_file(project.path);
  if (!parsed) {
    std::ostringstream words;
    words << project.path << ':' << parsed.error().source().begin.line << ':' << parsed.error().source().begin.column << ": "
          << parsed.error().description();
    error = words.str();
  } else {
    Reader(project, error).read(parsed.table());
  }
  if (!error.empty()) project = {};
  return project;
}

CommonOptions with_project(const CommonOptions& options, const Project& project, const std::vector<std::string>& profile) {
  CommonOptions out = options;
  out.defines = project.defines;
  out.defines.insert(out.defines.end(), profile.begin(), profile.end());
  out.defines.insert(out.defines.end(), options.defines.begin(), options.defines.end());
  out.include_dirs.insert(out.include_dirs.end(), project.include_dirs.begin(), project.include_dirs.end());
  return out;
}

void apply_levels(const Project& project, diagnostics::Findings& findings) {
  using diagnostics::Level;
  if (project.levels.empty()) return;
  std::erase_if(findings.all(), [&](diagnostics::Finding& finding) {
    const auto at = project.levels.find(finding.code);
    if (at == project.levels.end() || finding.level == Level::Error) return false;
    if (at->second == "error") finding.level = Level::Error;
    if (at->second == "warning") finding.level = Level::Warning;
    if (at->second == "hint") finding.level = Level::Hint;
    return at->second == "off";
  });
}

}  // namespace strowger::driver
