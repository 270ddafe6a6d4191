// Profiles of runs, by LLVM's own readers and writer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/profile.h"

#include <llvm/ProfileData/InstrProfReader.h>
#include <llvm/ProfileData/InstrProfWriter.h>
#include <llvm/Support/VirtualFileSystem.h>

namespace strowger::codegen {

std::string read_profiles(const std::vector<std::string>& paths, std::string& indexed) {
  const auto files = llvm::vfs::getRealFileSystem();
  llvm::InstrProfWriter sum;
  for (const std::string& path : paths) {
    const auto refuse = [&](llvm::Error error) { return "'" + path + "' is no profile to use: " + llvm::toString(std::move(error)); };
    auto reader = llvm::InstrProfReader::create(path, *files);
    if (!reader) return refuse(reader.takeError());
    if (llvm::Error error = sum.mergeProfileKind((*reader)->getProfileKind())) return refuse(std::move(error));
    std::string fault;
    for (llvm::NamedInstrProfRecord& record : **reader)
      sum.addRecord(std::move(record), 1, [&](llvm::Error error) { fault = refuse(std::move(error)); });
    if (llvm::Error error = (*reader)->getError()) return refuse(std::move(error));
    if (!fault.empty()) return fault;
  }
  const std::unique_ptr<llvm::MemoryBuffer> buffer = sum.writeBuffer();
  if (!buffer) return "the profiles cannot be added up";
  indexed = buffer->getBuffer().str();
  return "";
}

}  // namespace strowger::codegen
