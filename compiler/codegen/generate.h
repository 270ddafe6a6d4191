// Program to LLVM IR to object code. See docs/internals/codegen.md for the shape of the IR.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/program/program.h"

namespace strowger::codegen {

struct GenerateOptions {
  int level = 2;                              ///< -O0 to -O3
  std::string cpu = "x86-64-v2";
  std::string hot_bitcode;                    ///< path of hot.bc; empty: inline nothing
  bool debug_lines = true;
  std::string toolchain_version, cfg_hash;
  std::string profile_output;                 ///< the proxy counts, and writes a profile there (from its working directory) at its end; empty: no
  std::string profile;                        ///< what read_profiles() gave, to optimise by; empty: nothing is known
  bool coverage = false;                      ///< statements mark that they ran: ScriptImage::coverage
};

/// A statement that has a mark in ScriptImage::coverage, in that order.
struct CoveredStatement {
  text::Span span;
  std::size_t route = 0;                      ///< index in Program::routes
};

struct Stage { std::string name; double milliseconds; };

struct Generated {
  std::string llvm_ir;                        ///< filled when asked for
  std::string assembly;
  std::vector<char> object;
  std::vector<Stage> stages;
  std::vector<CoveredStatement> covered;      ///< with GenerateOptions::coverage
  bool profile_fits = false;                  ///< the profile knows some of the script's functions
  std::string error;                          ///< an internal fault ("verify: ..."); empty on success
};

enum class Emit { Object, LlvmIr, Assembly };

/// Generates, links in hot bitcode, optimises and emits.
Generated generate(const program::Program& program, const GenerateOptions& options, Emit emit);

}  // namespace strowger::codegen
