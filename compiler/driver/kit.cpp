// Finds the kit and tells kits apart.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/kit.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/SHA1.h>
#include <llvm/Support/xxhash.h>

namespace strowger::driver {

namespace fs = std::filesystem;

std::string find_kit() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return "";
  return (self.parent_path().parent_path() / "lib" / "strowger").string();
}

std::string runtime_hash(const std::string& kit) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(kit, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool ours = name == "hot.bc" || name == "libstrowger_runtime.a" || (name.starts_with("libmod_") && name.ends_with(".a"));
    if (ours) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) {
    const auto buffer = llvm::MemoryBuffer::getFile(file.string(), false, false);
    if (!buffer) continue;
    const llvm::XXH128_hash_t hash = llvm::xxh3_128bits(llvm::arrayRefFromStringRef((*buffer)->getBuffer()));
    all += file.filename().string() + " " + llvm::utohexstr(hash.high64) + llvm::utohexstr(hash.low64) + "\n";
  }
  if (all.empty()) return "none";
  const auto digest = llvm::SHA1::hash(llvm::arrayRefFromStringRef(all));
  return llvm::toHex(digest, true).substr(0, 16);
}

std::string version() { return STROWGER_VERSION; }

}  // namespace strowger::driver
