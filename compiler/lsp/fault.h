// Why a request has no result.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <utility>

#include <llvm/Support/Error.h>

namespace strowger::lsp {

/// JSON-RPC's codes, and the protocol's.
inline constexpr int kParseError = -32700, kInvalidRequest = -32600, kUnknownMethod = -32601, kInvalidParams = -32602,
                     kNotInitialized = -32002, kFailed = -32803;

class Fault : public llvm::ErrorInfo<Fault> {
 public:
  static inline char ID = 0;
  Fault(int code, std::string words) : code(code), words(std::move(words)) {}
  void log(llvm::raw_ostream& out) const override { out << words; }
  std::error_code convertToErrorCode() const override { return std::make_error_code(std::errc::invalid_argument); }
  const int code;
  const std::string words;
};

}  // namespace strowger::lsp
