// Constants that functions take by reference: Regex, Subst, HeaderName, VariableRef, RouteRef, Path, TableRef.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Their layout is runtime/abi/image.h's. What the runtime fills at start (Regex::compiled) is writable, the rest constant.
#include <llvm/IR/Constants.h>

#include "compiler/codegen/unit.h"
#include "runtime/abi/image.h"

namespace strowger::codegen {
namespace {

llvm::Constant* u32(Abi& abi, std::uint64_t n) { return llvm::ConstantInt::get(abi.i32, n); }

llvm::Constant* fields(llvm::Module& module, const std::vector<llvm::Constant*>& values) {
  std::vector<llvm::Type*> types;
  for (llvm::Constant* value : values) types.push_back(value->getType());
  return llvm::ConstantStruct::get(llvm::StructType::get(module.getContext(), types), values);
}

Index constant_index(program::VariableUse::IndexKind kind, Int index) {
  using Kind = program::VariableUse::IndexKind;
  if (kind == Kind::Number) return index;
  return kind == Kind::All ? kAllIndex : kNoIndex;
}

}  // namespace

llvm::Constant*& Unit::cached(std::vector<llvm::Constant*>& cache, std::size_t index, std::size_t count, const char* what) {
  if (index >= count) {
    fault(std::string("no such ") + what + " constant: " + std::to_string(index));
    return nothing_ = llvm::ConstantPointerNull::get(abi_.ptr);
  }
  if (cache.size() < count) cache.resize(count);
  return cache[index];
}

llvm::Constant* Unit::regex_fields(const program::RegexConstant& regex) {
  return fields(*module_, {text(regex.pattern), u32(abi_, regex.ignore_case), u32(abi_, regex.newline),
                           llvm::ConstantPointerNull::get(abi_.ptr), automaton(regex)});
}

llvm::Constant* Unit::regex(std::size_t index) {
  llvm::Constant*& slot = cached(regexes_, index, program_.regexes.size(), "regex");
  if (slot) return slot;
  llvm::GlobalVariable* global = constant(regex_fields(program_.regexes[index]), "regex");
  global->setConstant(false);
  compiled_at_start_.push_back(global);
  return slot = global;
}

llvm::Constant* Unit::subst(std::size_t index) {
  llvm::Constant*& slot = cached(substs_, index, program_.substs.size(), "subst");
  if (slot) return slot;
  const program::SubstConstant& subst = program_.substs[index];
  if (subst.regex >= program_.regexes.size()) {
    fault("a substitution without its pattern");
    return slot = llvm::ConstantPointerNull::get(abi_.ptr);
  }
  std::vector<llvm::Constant*> parts;
  for (const auto& part : subst.parts) {
    llvm::Constant* by = part.variable ? variable(part.variable - 1) : llvm::ConstantPointerNull::get(abi_.ptr);
    parts.push_back(fields(*module_, {part.is_literal ? text(part.literal) : null_text(), by, number(part.group)}));
  }
  llvm::Constant* list = parts.empty() ? static_cast<llvm::Constant*>(llvm::ConstantPointerNull::get(abi_.ptr))
                                       : array(parts[0]->getType(), parts, "subst_parts");
  llvm::GlobalVariable* global = constant(fields(*module_, {regex_fields(program_.regexes[subst.regex]), list,
                                                            number(static_cast<Int>(parts.size())), number(subst.all)}),
                                          "subst");
  global->setConstant(false);
  compiled_at_start_.push_back(global);  // its Regex is the first member
  return slot = global;
}

llvm::Constant* Unit::header(std::size_t index) {
  llvm::Constant*& slot = cached(headers_, index, program_.headers.size(), "header");
  if (slot) return slot;
  const program::HeaderConstant& header = program_.headers[index];
  return slot = constant(fields(*module_, {text(header.name), number(header.id)}), "header");
}

llvm::Constant* Unit::variable(std::size_t index) {
  llvm::Constant*& slot = cached(variables_, index, program_.variables.size(), "variable");
  if (slot) return slot;
  const program::VariableUse& use = program_.variables[index];
  llvm::Constant* null = llvm::ConstantPointerNull::get(abi_.ptr);
  llvm::Constant* get = getter_thunk(use, index);
  llvm::Constant* set = use.variable && use.variable->writable ? static_cast<llvm::Constant*>(setter_thunk(use, index)) : null;
  // The thunks may have asked for other variables meanwhile: look the slot up again.
  return variables_[index] = constant(fields(*module_, {get, set, text(use.written)}), "variable");
}

llvm::Constant* Unit::route_ref(std::size_t index) {
  llvm::Constant*& slot = cached(route_refs_, index, program_.routes_named.size(), "route");
  if (slot) return slot;
  const program::RouteConstant& route = program_.routes_named[index];
  const bool there = route.route >= 0 && static_cast<std::size_t>(route.route) < program_.routes.size();
  llvm::Constant* function = llvm::ConstantPointerNull::get(abi_.ptr);
  std::uint32_t line = 0;
  if (there) {
    function = entry_function(static_cast<std::size_t>(route.route));
    line = program_.routes[static_cast<std::size_t>(route.route)].span.line();
  }
  return slot = constant(fields(*module_, {text(route.name), function, u32(abi_, route.kind), u32(abi_, line)}), "route_ref");
}

llvm::Constant* Unit::path(std::size_t index) {
  llvm::Constant*& slot = cached(paths_, index, program_.paths.size(), "path");
  if (slot) return slot;
  std::vector<llvm::Constant*> steps;
  for (const auto& step : program_.paths[index].steps) {
    llvm::Constant* by = step.variable ? variable(step.variable - 1) : llvm::ConstantPointerNull::get(abi_.ptr);
    steps.push_back(fields(*module_, {text(step.name), number(constant_index(step.index_kind, step.index)), by}));
  }
  llvm::Constant* list = steps.empty() ? static_cast<llvm::Constant*>(llvm::ConstantPointerNull::get(abi_.ptr))
                                       : array(steps[0]->getType(), steps, "path_steps");
  return paths_[index] = constant(fields(*module_, {list, number(static_cast<Int>(steps.size()))}), "path");
}

llvm::Constant* Unit::table(std::size_t index) {
  llvm::Constant*& slot = cached(tables_, index, program_.tables.size(), "table");
  if (slot) return slot;
  return slot = constant(fields(*module_, {text(program_.tables[index]), number(static_cast<Int>(index))}), "table");
}

llvm::Constant* Unit::network(const program::Network& network) {
  llvm::Constant* address = llvm::ConstantDataArray::get(
      module_->getContext(), llvm::ArrayRef<std::uint8_t>(network.address, sizeof(network.address)));
  return constant(fields(*module_, {u32(abi_, static_cast<std::uint64_t>(network.family)),
                                    u32(abi_, static_cast<std::uint64_t>(network.prefix)), address}),
                  "network");
}

llvm::Constant* Unit::reference(modules::ArgKind kind, std::size_t index) {
  using modules::ArgKind;
  switch (kind) {
    case ArgKind::Regex: return regex(index);
    case ArgKind::Subst: return subst(index);
    case ArgKind::Header: return header(index);
    case ArgKind::Variable: return variable(index);
    case ArgKind::RouteFailure:
    case ArgKind::RouteBranch:
    case ArgKind::RouteReply:
    case ArgKind::RouteBranchFailure:
    case ArgKind::RouteRequest: return route_ref(index);
    case ArgKind::Path:
    case ArgKind::Fields: return path(index);
    case ArgKind::Table: return table(index);
    default: break;
  }
  fault("not a reference kind");
  return llvm::ConstantPointerNull::get(abi_.ptr);
}

}  // namespace strowger::codegen
