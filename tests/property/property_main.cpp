// Random scripts over random messages: the compiled code at -O0 and -O2 against the reference evaluator.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "tests/property/generator.h"
#include "tests/property/oracle.h"
#include "tests/property/runner.h"

namespace strowger::property {
namespace {

struct Options {
  std::uint64_t seed = 1;
  int programs = 24, messages = 60, batch = 200, stop_after = 5, oracle = 0, port = 8110;
  bool shrink = true;
  std::string kit = PROPERTY_KIT, probe = PROPERTY_PROBE, scratch;
};

std::string shown(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) out += "\\x" + std::to_string(static_cast<unsigned char>(c));
    else out += c;
  }
  return out;
}

class Test {
 public:
  explicit Test(Options options) : options_(std::move(options)), runner_(options_.kit, options_.probe, options_.scratch) {}

  /// A sample goes to Kamailio 5.6.3: the evaluator with 32 bits and what we compile must say the same.
  int ask_kamailio() {
    Random random(seed_of(0) ^ 0x5eed);
    std::vector<Message> messages;
    for (int i = 0; i < options_.messages; ++i) messages.push_back(random_message(random, i));
    std::vector<Program> programs;
    Traces expected;
    for (int i = 0; i < options_.oracle; ++i) {
      Program program = random_program(seed_of(i), i + 1, {.narrow = true, .nested = false});
      std::vector<Trace> narrow, wide;
      if (!evaluate(program, messages, {}, wide) || !evaluate(program, messages, {32}, narrow) || narrow != wide) {
        ++too_big_;
        continue;
      }
      expected[program.id] = std::move(narrow);
      programs.push_back(std::move(program));
    }
    Traces compiled_traces = compiled(programs, messages, 2);
    Traces theirs;
    for (bool done = false; !done;) {
      try {
        theirs = run_kamailio(programs, messages, options_.port, options_.scratch);
        done = true;
      } catch (const NotStarted& fault) {  // a program that Kamailio refuses: without it
        if (!fault.program) throw;
        std::erase_if(programs, [&](const Program& p) { return p.id == fault.program; });
        ++refused_;
        ++reasons_["by Kamailio"];
      }
    }
    for (const Program& program : programs) {
      ++programs_;
      for (std::size_t m = 0; m < messages.size(); ++m, ++runs_) {
        const bool ours = compiled_traces[program.id].size() > m && compiled_traces[program.id][m] == expected[program.id][m];
        const Trace& got = theirs[program.id][m];
        if (ours && got == expected[program.id][m]) continue;
        ++found_;
        if (found_ > options_.stop_after) break;
        Program smallest = program;
        if (ours && options_.shrink) {
          smallest = shrink(program, [&](const Program& candidate) {
            std::vector<Trace> all;
            if (!evaluate(candidate, messages, {32}, all)) return false;
            std::map<int, std::string> refused;
            if (runner_.run({candidate}, messages, 0, refused); !refused.empty()) return false;
            try {
              return run_kamailio({candidate}, messages, options_.port, options_.scratch)[candidate.id] != all;
            } catch (const std::exception&) {
              return false;
            }
          });
          std::vector<Trace> all;
          evaluate(smallest, messages, {32}, all);
          const std::vector<Trace> asked = run_kamailio({smallest}, messages, options_.port, options_.scratch)[smallest.id];
          for (m = 0; m + 1 < all.size() && asked[m] == all[m];) ++m;
          show(smallest, messages[m], all[m], asked[m], "Kamailio", i_of(program), m);
        } else {
          show(program, messages[m], expected[program.id][m], ours ? got : compiled_traces[program.id][m], ours ? "Kamailio" : "compiled", i_of(program), m);
        }
        break;
      }
    }
    std::printf("%ld programs x %d messages = %ld runs in Kamailio, %ld refused, %ld left out, %d differences; seed %lu\n", programs_, options_.messages,
                runs_, refused_, too_big_, found_, static_cast<unsigned long>(options_.seed));
    return found_ ? 1 : 0;
  }

  int run() {
    const auto start = std::chrono::steady_clock::now();
    for (int from = 0; from < options_.programs && found_ < options_.stop_after; from += options_.batch)
      batch(from, std::min(options_.batch, options_.programs - from));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%ld programs x %d messages = %ld runs at -O0 and -O2, %ld refused, %ld too big, %d differences; seed %lu, %.1f s\n", programs_,
                options_.messages, runs_, refused_, too_big_, found_, static_cast<unsigned long>(options_.seed), seconds);
    for (const auto& [why, n] : reasons_) std::printf("  refused %d x %s\n", n, why.c_str());
    return found_ ? 1 : 0;
  }

 private:
  Options options_;
  Runner runner_;
  long programs_ = 0, runs_ = 0, refused_ = 0, too_big_ = 0;
  int found_ = 0;
  std::map<std::string, int> reasons_;

  std::uint64_t seed_of(int program) const { return options_.seed * 1000003 + static_cast<std::uint64_t>(program); }

  void batch(int from, int count) {
    Random random(seed_of(from) ^ 0x5eed);
    std::vector<Message> messages;
    for (int i = 0; i < options_.messages; ++i) messages.push_back(random_message(random, i));
    std::vector<Program> programs;
    Traces expected;
    for (int i = 0; i < count; ++i) {
      Program program = random_program(seed_of(from + i), i + 1, {.narrow = false, .nested = options_.seed % 3 != 0, .calls_by_name = options_.seed % 4 == 0});
      std::vector<Trace> traces;
      if (evaluate(program, messages, {}, traces)) {
        expected[program.id] = std::move(traces);
        programs.push_back(std::move(program));
      } else if (traces.empty()) {
        throw std::logic_error("does not parse:\n" + print(program));
      } else {
        ++too_big_;
      }
    }
    for (const int level : {0, 2}) {
      Traces found = compiled(programs, messages, level);
      if (level == 0) {
        programs_ += static_cast<long>(programs.size());
        runs_ += static_cast<long>(programs.size() * messages.size());
      }
      for (const Program& program : programs)
        if (found[program.id] != expected[program.id]) {
          report(program, messages, level, from + program.id - 1);
          if (found_ >= options_.stop_after) return;
        }
    }
    std::fflush(stdout);
  }

  /// Runs what the compiler accepts; the others leave `programs`. A crash ends only the program it is in.
  Traces compiled(std::vector<Program>& programs, const std::vector<Message>& messages, int level) {
    for (;;) {
      std::map<int, std::string> refused;
      Traces traces = runner_.run(programs, messages, level, refused);
      if (refused.empty()) return traces;
      std::erase_if(programs, [&](const Program& p) { return refused.contains(p.id); });
      refused_ += static_cast<long>(refused.size());
      for (const auto& [id, why] : refused) ++reasons_[why];
    }
  }

  void report(const Program& program, const std::vector<Message>& messages, int level, int number) {
    ++found_;
    const auto differs = [&](const Program& candidate) {
      std::vector<Trace> expected;
      if (!evaluate(candidate, messages, {}, expected)) return false;
      std::map<int, std::string> refused;
      Traces traces = runner_.run({candidate}, messages, level, refused);
      return refused.empty() && traces[candidate.id] != expected;
    };
    Program smallest = program;
    if (options_.shrink) {
      if (!differs(program)) std::printf("(only together with other programs)\n");
      else smallest = shrink(program, differs);
    }
    std::vector<Trace> expected;
    evaluate(smallest, messages, {}, expected);
    std::map<int, std::string> refused;
    const std::vector<Trace> found = runner_.run({smallest}, messages, level, refused)[smallest.id];
    std::size_t m = 0;
    while (m < found.size() && m + 1 < expected.size() && found[m] == expected[m]) ++m;
    show(smallest, messages[m], expected[m], m < found.size() ? found[m] : Trace{"the compiled script ended here"}, level ? "-O2" : "-O0", number, m);
  }

  static int i_of(const Program& program) { return program.id - 1; }

  void show(const Program& program, const Message& message, const Trace& expected, const Trace& got, const char* who, int number, std::size_t m) {
    std::printf("---- difference, %s: --seed %lu, program %d, message %zu\n%s", who, static_cast<unsigned long>(options_.seed), number, m,
                print(program).c_str());
    std::printf("message:\n%s\n", message.bytes(program.id).c_str());
    for (std::size_t i = 0; i < std::max(got.size(), expected.size()); ++i) {
      const std::string a = i < expected.size() ? shown(expected[i]) : "(none)", b = i < got.size() ? shown(got[i]) : "(none)";
      if (a == b) std::printf("  both      %s\n", a.c_str());
      else std::printf("  expected  %s\n  %-8s  %s\n", a.c_str(), who, b.c_str());
    }
    std::fflush(stdout);
  }
};

int main_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--seed") options.seed = std::stoull(value);
    else if (name == "--programs") options.programs = std::stoi(value);
    else if (name == "--messages") options.messages = std::stoi(value);
    else if (name == "--batch") options.batch = std::stoi(value);
    else if (name == "--stop-after") options.stop_after = std::stoi(value);
    else if (name == "--oracle") options.oracle = std::stoi(value);
    else if (name == "--port") options.port = std::stoi(value);
    else if (name == "--shrink") options.shrink = value != "no";
    else if (name == "--kit") options.kit = value;
    else if (name == "--probe") options.probe = value;
    else {
      std::fprintf(stderr, "unknown option %s\n", name.c_str());
      return 2;
    }
  }
  std::string folder = (std::filesystem::temp_directory_path() / "strowger-property-XXXXXX").string();
  if (!::mkdtemp(folder.data())) return 2;
  options.scratch = folder;
  int result = 2;
  try {
    Test test(options);
    result = options.oracle ? test.ask_kamailio() : test.run();
  } catch (const std::exception& fault) {
    std::printf("%s\n", fault.what());
  }
  std::filesystem::remove_all(folder);
  return result;
}

}  // namespace
}  // namespace strowger::property

int main(int argc, char** argv) { return strowger::property::main_of(argc, argv); }
