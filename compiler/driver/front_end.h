// Script to Program: what every command that reads scripts does first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

#include "compiler/analysis/analyse.h"
#include "compiler/analysis/compilation.h"
#include "compiler/driver/commands.h"
#include "compiler/syntax/parse.h"

namespace strowger::driver {

using analysis::Compilation;

/// The modules that exist. Faults in module files go to `findings`; `sources` keeps their text.
modules::ModuleSet load_modules(const CommonOptions& options, text::Sources& sources, diagnostics::Findings& findings);

/// Why the file cannot be read ("No such file or directory"), empty when it can.
std::string why_unreadable(const std::string& path);

/// Parses and checks `path`. Both look for faults even where the other found some.
void compile_front(const std::string& path, const CommonOptions& options, const modules::ModuleSet& modules,
                   analysis::Purpose purpose, Compilation& out);

/// SHA-256 over everything that was read and defined, in hexadecimal: ScriptImage::cfg_hash.
std::string hash_of(const Compilation& compilation, const CommonOptions& options);

}  // namespace strowger::driver
