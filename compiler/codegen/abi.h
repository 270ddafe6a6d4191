// How C++ signatures of the runtime and of modules look in LLVM IR (x86-64 SysV, as clang lowers them).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   Code f(Call&, Int, Text)   ->   i32 f(ptr, i64, ptr, i64)
//
// Six integer registers are there. A Text or Value that finds fewer than two of them free goes to the stack as a whole
// (`byval`), and what is left serves later scalars.
#pragma once

#include <string_view>
#include <vector>

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

namespace strowger::codegen {

/// The C++ types that cross the border.
enum class Pass { Void, Int, Code, Bool, U32, Pointer, Text, Value };

struct Signature {
  Pass result = Pass::Void;
  std::vector<Pass> params;
};

/// A value in registers: Int has `a`; Text is pointer `a` and length `b`; Value is bits `a` and tag word `b`.
struct Cell {
  llvm::Value* a = nullptr;
  llvm::Value* b = nullptr;
};

class Abi {
 public:
  explicit Abi(llvm::Module& module);

  /// Declares `symbol`, or gives the one that is there.
  llvm::Function* declare(std::string_view symbol, const Signature& signature);
  /// Calls it. Stack slots for byval arguments are made in `entry`. `inlined`: whatever its size, where hot bitcode has it.
  Cell call(llvm::IRBuilder<>& builder, llvm::Function* function, const Signature& signature, const std::vector<Cell>& args,
            llvm::BasicBlock& entry, bool inlined = false);

  llvm::Type* const i1;
  llvm::Type* const i8;
  llvm::Type* const i32;
  llvm::Type* const i64;
  llvm::PointerType* const ptr;
  llvm::StructType* const text;   ///< { ptr, i64 }
  llvm::StructType* const value;  ///< { i64, i64 }

 private:
  struct Lowered {
    llvm::FunctionType* type = nullptr;
    std::vector<bool> on_stack;  ///< by parameter of the signature
  };
  Lowered lower(const Signature& signature) const;
  llvm::AttributeList attributes(const Signature& signature, const Lowered& lowered) const;

  llvm::Module& module_;
};

/// A stack slot in a function's entry block, whatever the builder's place.
llvm::AllocaInst* stack_slot(llvm::BasicBlock& entry, llvm::Type* type, const char* name);

}  // namespace strowger::codegen
