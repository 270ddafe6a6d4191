// Executables from objects: dynamic and static, byte-identical, with errors that name what is missing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/codegen/generate.h"
#include "compiler/link/link.h"

namespace strowger::link {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A kit of the system's own files and a runtime of a few lines: it runs request_route and exits with its code.
struct Link : ::testing::Test {
  fs::path dir, kit;
  modules::ModuleInterface core;
  program::Program program;

  static int shell(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void SetUp() override {
    char pattern[] = "/tmp/strowger-link-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    dir = pattern;
    kit = dir / "kit";
    fs::create_directory(kit);
    for (const char* name : {"Scrt1.o", "rcrt1.o", "crti.o", "crtn.o", "crtbeginS.o", "crtendS.o", "libc.so.6",
                             "libc_nonshared.a", "ld-linux-x86-64.so.2", "libm.so.6", "libstdc++.a", "libgcc.a",
                             "libgcc_eh.a", "libc.a", "libm-2.36.a", "libmvec.a", "libre2.a", "libcares.a", "libboost_context.a"})
      ASSERT_EQ(shell("ln -s $(realpath $(clang++-19 -print-file-name=" + std::string(name) + ")) " + (kit / name).string()), 0);
    make_archive("libstrowger_runtime.a", R"(
      struct Image { unsigned long version; const void* texts[6]; long (*request_route)(void*); };
      extern "C" { extern const Image stw_script; }
      int main() { char call[64] = {}; return (int)stw_script.request_route(call); }
    )");
    core.name = "core";
    program.loaded = {&core};
  }
  void TearDown() override { fs::remove_all(dir); }

  void make_archive(const std::string& name, const std::string& source) {
    std::ofstream(dir / "a.cpp") << source;
    const std::string object = (dir / (name + ".o")).string();
    ASSERT_EQ(shell("clang++-19 -O1 -fPIC -fvisibility=hidden -ffunction-sections -c " + (dir / "a.cpp").string() + " -o " + object), 0);
    ASSERT_EQ(shell("llvm-ar-19 rcsD " + (kit / name).string() + " " + object), 0);
  }
  program::Route route(std::unique_ptr<program::Statement> statement) {
    program::Route route;
    route.symbol = "request_route";
    route.body.push_back(std::move(statement));
    return route;
  }
  std::unique_ptr<program::Statement> returning(Int n) {
    auto statement = std::make_unique<program::Statement>();
    statement->kind = program::Statement::Kind::Return;
    statement->value = std::make_unique<program::Expr>();
    statement->value->number = n;
    return statement;
  }
  std::string build(const std::string& output, bool static_executable = false) {
    const codegen::Generated made = codegen::generate(program, {}, codegen::Emit::Object);
    EXPECT_EQ(made.error, "");
    return link_executable(made.object, program, {.kit = kit.string(), .output = output, .main_object = {}, .static_executable = static_executable, .strip = false});
  }
};

TEST_F(Link, AnExecutableRunsTheRoute) {
  program.routes.push_back(route(returning(42)));
  const std::string out = (dir / "proxy").string();
  ASSERT_EQ(build(out), "");
  EXPECT_EQ(shell(out), 42);
  struct stat status = {};
  ASSERT_EQ(::stat(out.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
}

TEST_F(Link, AStaticExecutableNeedsNoInterpreter) {
  program.routes.push_back(route(returning(7)));
  const std::string out = (dir / "proxy").string();
  ASSERT_EQ(build(out, true), "");
  EXPECT_EQ(shell(out), 7);
  EXPECT_EQ(shell("llvm-readelf-19 -l " + out + " | grep -q INTERP"), 1);
}

TEST_F(Link, TheSameInputGivesTheSameBytes) {
  program.routes.push_back(route(returning(1)));
  ASSERT_EQ(build((dir / "one").string()), "");
  ASSERT_EQ(build((dir / "two").string()), "");
  EXPECT_EQ(content_of(dir / "one"), content_of(dir / "two"));
}

TEST_F(Link, OnlyLoadedModulesAreThere) {
  make_archive("libmod_registrar.a", "extern \"C\" int save() asm(\"stw.registrar.save.1\"); int save() { return 3; }");
  program.routes.push_back(route(returning(1)));
  ASSERT_EQ(build((dir / "without").string()), "");
  EXPECT_EQ(content_of(dir / "without").find("stw.registrar"), std::string::npos);

  modules::ModuleInterface registrar;
  registrar.name = "registrar";
  modules::Function save;
  save.module = "registrar";
  save.name = "save";
  save.symbol = "stw.registrar.save.1";
  registrar.functions = {save};
  program.loaded.push_back(&registrar);
  auto call = std::make_unique<program::Statement>();
  call->kind = program::Statement::Kind::Evaluate;
  call->value = std::make_unique<program::Expr>();
  call->value->op = program::Op::Call;
  call->value->function = &registrar.functions[0];
  program.routes[0].body.clear();
  program.routes[0].body.push_back(std::move(call));
  ASSERT_EQ(build((dir / "with").string()), "");
  EXPECT_NE(content_of(dir / "with").find("stw.registrar.save.1"), std::string::npos);
  EXPECT_EQ(shell((dir / "with").string()), 3);
}

TEST_F(Link, AMissingSymbolIsNamedAndTheOldFileStays) {
  modules::ModuleInterface module;
  module.name = "nothing";
  modules::Function f;
  f.module = "nothing";
  f.symbol = "stw.nothing.at_all.0";
  module.functions = {f};
  program.loaded.push_back(&module);
  auto call = std::make_unique<program::Statement>();
  call->value = std::make_unique<program::Expr>();
  call->kind = program::Statement::Kind::Evaluate;
  call->value->op = program::Op::Call;
  call->value->function = &module.functions[0];
  program.routes.push_back(route(std::move(call)));
  std::ofstream(dir / "proxy") << "old";
  EXPECT_NE(build((dir / "proxy").string()).find("undefined symbol: stw.nothing.at_all.0"), std::string::npos);
  EXPECT_EQ(content_of(dir / "proxy"), "old");
  for (const auto& entry : fs::directory_iterator(dir)) EXPECT_EQ(entry.path().string().find(".new."), std::string::npos);
}

TEST_F(Link, AKitMayAddWordsToTheLine) {
  std::ofstream(kit / "link.rsp") << "--defsym=from_the_kit=42\n";
  program.routes.push_back(route(returning(5)));
  const std::string out = (dir / "proxy").string();
  ASSERT_EQ(build(out), "");
  EXPECT_EQ(shell("llvm-nm-19 " + out + " | grep -q from_the_kit"), 0);
}

TEST_F(Link, AKitWithoutRuntimeIsAnError) {
  fs::remove(kit / "libstrowger_runtime.a");
  program.routes.push_back(route(returning(1)));
  EXPECT_NE(build((dir / "proxy").string()).find("kit is not complete"), std::string::npos);
}

}  // namespace
}  // namespace strowger::link
