// How a rule is written: one file checks/CODE_subject.cpp with RULE(CODE) { ... }, and one page diagnostics/codes/CODE.md.
// The build finds both by their names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/diagnostics/findings.h"
#include "compiler/lint/model.h"

#define RULE(code) \
  void rule_##code(const ::strowger::lint::Model& model, ::strowger::diagnostics::Findings& findings)
