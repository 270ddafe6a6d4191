// The pipeline: build IR, verify, link hot bitcode, optimise, emit. Every stage is timed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/generate.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <set>

#include <llvm/Analysis/CGSCCPassManager.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Linker/Linker.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/PGOOptions.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>

#include "compiler/codegen/unit.h"

namespace strowger::codegen {
namespace {

constexpr const char* kTriple = "x86_64-pc-linux-gnu";

/// Routes above this many instructions stay functions of their own: single-caller routes would melt into one, which takes
/// twice as long to compile and hides them from profiles.
constexpr unsigned kInlineRoute = 40;

class Stopwatch {
 public:
  explicit Stopwatch(std::vector<Stage>& stages) : stages_(stages) {}
  void lap(const char* name) {
    const auto now = std::chrono::steady_clock::now();
    stages_.push_back({name, std::chrono::duration<double, std::milli>(now - from_).count()});
    from_ = now;
  }

 private:
  std::vector<Stage>& stages_;
  std::chrono::steady_clock::time_point from_ = std::chrono::steady_clock::now();
};

void start_target() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
}

std::unique_ptr<llvm::TargetMachine> make_target(const GenerateOptions& options, std::string& error) {
  start_target();
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(kTriple, error);
  if (!target) return nullptr;
  llvm::TargetOptions settings;
  settings.FunctionSections = true;
  settings.DataSections = true;
  constexpr llvm::CodeGenOptLevel kLevels[] = {llvm::CodeGenOptLevel::None, llvm::CodeGenOptLevel::Less,
                                               llvm::CodeGenOptLevel::Default, llvm::CodeGenOptLevel::Aggressive};
  const std::string cpu = options.cpu == "native" ? llvm::sys::getHostCPUName().str() : options.cpu;
  const std::unique_ptr<llvm::MCSubtargetInfo> known(target->createMCSubtargetInfo(kTriple, "", ""));
  if (!known || !known->isCPUStringValid(cpu)) {
    error = "unknown target CPU '" + cpu + "'";
    return nullptr;
  }
  // The runtime's archives and bitcode are x86-64-v2.
  const std::unique_ptr<llvm::MCSubtargetInfo> chosen(target->createMCSubtargetInfo(kTriple, cpu, ""));
  if (!chosen || !chosen->checkFeatures("+64bit,+sse4.2,+popcnt,+cx16")) {
    error = "target CPU '" + cpu + "' is less than x86-64-v2, which the runtime needs";
    return nullptr;
  }
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      kTriple, cpu, "", settings, llvm::Reloc::PIC_, std::nullopt, kLevels[std::clamp(options.level, 0, 3)]));
}

std::string verify(const llvm::Module& module) {
  std::string words;
  llvm::raw_string_ostream out(words);
  return llvm::verifyModule(module, &out) ? "verify: " + words : "";
}

/// Pulls in what the script calls. A helper becomes `available_externally`: it inlines, and a call that stays reaches
/// the archive's native copy.
std::string link_hot_bitcode(llvm::Module& module, const std::string& path) {
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> hot = llvm::getLazyIRFileModule(path, diagnostic, module.getContext());
  if (!hot) return "hot bitcode " + path + ": " + diagnostic.getMessage().str();
  std::vector<std::string> ours;
  for (const llvm::GlobalValue& value : module.global_values())
    if (!value.isDeclaration()) ours.push_back(value.getName().str());
  const std::set<std::string> script(ours.begin(), ours.end());
  if (llvm::Linker::linkModules(module, std::move(hot), llvm::Linker::Flags::LinkOnlyNeeded))
    return "hot bitcode " + path + ": cannot be linked";
  for (llvm::GlobalObject& value : module.global_objects()) {
    if (value.isDeclaration() || value.hasLocalLinkage() || script.count(value.getName().str())) continue;
    if (value.getName().starts_with("llvm.")) continue;
    value.setComdat(nullptr);
    value.setLinkage(llvm::GlobalValue::AvailableExternallyLinkage);
    value.setDSOLocal(true);
  }
  return "";
}

/// Functions of different targets do not inline into each other, and no message says so: all get the same.
void set_attributes(llvm::Module& module, const llvm::TargetMachine& machine) {
  for (llvm::Function& function : module) {
    if (function.isIntrinsic()) continue;
    function.removeFnAttr("target-features");
    function.removeFnAttr("tune-cpu");
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("frame-pointer", "all");
    function.setUWTableKind(llvm::UWTableKind::Async);
  }
}

void keep_large_routes(llvm::Module& module, const program::Program& program) {
  for (const program::Route& route : program.routes) {
    llvm::Function* function = module.getFunction(route.symbol);
    if (function && function->getInstructionCount() > kInlineRoute) function->addFnAttr(llvm::Attribute::NoInline);
  }
}

/// The profile to write or to use. Counters are atomic: all workers count.
std::optional<llvm::PGOOptions> profiling(const GenerateOptions& options) {
  constexpr const char* kName = "/profile";
  auto files = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  const auto made = [&](std::string file, llvm::PGOOptions::PGOAction action) {
    return llvm::PGOOptions(std::move(file), "", "", "", files, action, llvm::PGOOptions::NoCSAction,
                            llvm::PGOOptions::ColdFuncOpt::Default, false, false, /*AtomicCounterUpdate=*/true);
  };
  if (!options.profile_output.empty()) return made(options.profile_output, llvm::PGOOptions::IRInstr);
  if (options.profile.empty()) return std::nullopt;
  files->addFile(kName, 0, llvm::MemoryBuffer::getMemBuffer(options.profile, "", false));
  return made(kName, llvm::PGOOptions::IRUse);
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine, const GenerateOptions& options) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder passes(&machine, llvm::PipelineTuningOptions(), profiling(options));
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(graphs);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, graphs, modules);
  const llvm::OptimizationLevel levels[] = {llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1,
                                            llvm::OptimizationLevel::O2, llvm::OptimizationLevel::O3};
  llvm::ModulePassManager pipeline = options.level <= 0 ? passes.buildO0DefaultPipeline(llvm::OptimizationLevel::O0)
                                                        : passes.buildPerModuleDefaultPipeline(levels[std::min(options.level, 3)]);
  pipeline.run(module, modules);
}

std::string emit_file(llvm::Module& module, llvm::TargetMachine& machine, llvm::CodeGenFileType type,
                      llvm::SmallVectorImpl<char>& out) {
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type, /*DisableVerify=*/true)) return "this target cannot emit files";
  passes.run(module);
  return "";
}

}  // namespace

Generated generate(const program::Program& program, const GenerateOptions& options, Emit emit) {
  Generated result;
  Stopwatch watch(result.stages);
  const std::unique_ptr<llvm::TargetMachine> machine = make_target(options, result.error);
  if (!machine) {
    if (result.error.empty()) result.error = "no code generator for " + std::string(kTriple);
    return result;
  }
  llvm::LLVMContext context;
  Unit unit(context, program, options);
  unit.module().setTargetTriple(kTriple);
  unit.module().setDataLayout(machine->createDataLayout());
  unit.emit();
  llvm::Module& module = unit.module();
  result.covered = unit.covered();
  watch.lap("generate");
  result.error = unit.first_fault();
  if (result.error.empty()) result.error = verify(module);
  watch.lap("verify");
  if (!result.error.empty()) return result;
  if (!options.hot_bitcode.empty() && options.level > 0) {
    result.error = link_hot_bitcode(module, options.hot_bitcode);
    watch.lap("hot bitcode");
    if (!result.error.empty()) return result;
  }
  set_attributes(module, *machine);
  keep_large_routes(module, program);
  // Functions that have changed since the profile go without; who asks for it is told by profile_fits.
  if (!options.profile.empty()) context.setDiagnosticHandlerCallBack([](const llvm::DiagnosticInfo*, void*) {});
  optimise(module, *machine, options);
  for (const llvm::Function& function : module) result.profile_fits |= function.getEntryCount().has_value();
  watch.lap("optimise");
  if (emit == Emit::LlvmIr) {
    llvm::raw_string_ostream out(result.llvm_ir);
    module.print(out, nullptr);
    return result;
  }
  llvm::SmallVector<char, 0> bytes;
  const bool assembly = emit == Emit::Assembly;
  result.error = emit_file(module, *machine, assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile,
                           bytes);
  if (assembly) {
    result.assembly.assign(bytes.begin(), bytes.end());
  } else {
    result.object.assign(bytes.begin(), bytes.end());
  }
  watch.lap("emit");
  return result;
}

}  // namespace strowger::codegen
