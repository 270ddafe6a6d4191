// Our automata against glibc's regexec(): written patterns, and random ones over random texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>
#include <regex.h>

#include <random>

#include "compiler/regex/automaton.h"
#include "runtime/script/automaton.h"

namespace strowger::regex {
namespace {

MachineImage image(const Machine& machine) {
  MachineImage out{machine.classes.data(), machine.next.data(), machine.width, {}};
  std::copy(machine.start.begin(), machine.start.end(), out.start);
  return out;
}

/// One pattern, compiled by us and by glibc.
class Pair {
 public:
  Pair(std::string pattern, Flags flags) : pattern_(std::move(pattern)), flags_(flags) {
    const int options = REG_EXTENDED | (flags.ignore_case ? REG_ICASE : 0) | (flags.newline ? REG_NEWLINE : 0);
    error_ = regcomp(&theirs_, pattern_.c_str(), options);
    matcher_ = make_matcher(pattern_, flags, why_);
    if (!matcher_) return;
    searcher_ = make_searcher(pattern_, flags, why_);
    if (!searcher_) return;
    image_.any = image(*matcher_);
    image_.longest = image(searcher_->longest);
    image_.starts = image(searcher_->starts);
    const Captures& captures = searcher_->captures;
    image_.back = image(captures.ends.empty() ? searcher_->back : captures.direct);
    image_.ends = captures.ends.empty() ? nullptr : captures.ends.data();
    for (const Captures::Path& path : captures.paths) paths_.push_back({path.to, path.save_count, path.save_at, path.assertions});
    image_.path_at = captures.path_at.data();
    image_.paths = paths_.data();
    image_.saves = captures.saves.data();
    image_.viable = captures.viable.data();
    image_.row = captures.row;
    image_.places = captures.path_at.empty() ? 0 : static_cast<std::uint32_t>(captures.path_at.size() - 2);
    image_.groups = static_cast<std::uint32_t>(searcher_->groups);
    image_.anchored = searcher_->anchored;
  }
  ~Pair() {
    if (error_ == 0) regfree(&theirs_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  bool valid() const { return error_ == 0; }
  bool ours() const { return searcher_.has_value(); }
  const std::string& why() const { return why_; }

  std::string our_answer(const std::string& text, int groups) const {
    const bool any = Automata::matches(&image_.any, text.data(), text.size());
    Text found[10];
    if (!Automata::search(image_, Text(std::string_view(text)), 0, found, groups)) return any ? "only matches()" : "no";
    if (!any) return "only search()";
    std::string out;
    for (int i = 0; i < groups; ++i) {
      const std::ptrdiff_t begin = found[i].is_null() ? 0 : found[i].ptr - text.data();
      out += found[i].is_null() ? "(-)" : place(begin, begin + static_cast<std::ptrdiff_t>(found[i].len));
    }
    return out;
  }
  std::string their_answer(const std::string& text, int groups) const {
    regmatch_t found[10];
    found[0] = {0, static_cast<regoff_t>(text.size())};
    if (regexec(&theirs_, text.c_str(), 10, found, REG_STARTEND) != 0) return "no";
    std::string out;
    for (int i = 0; i < groups; ++i) out += found[i].rm_so < 0 ? "(-)" : place(found[i].rm_so, found[i].rm_eo);
    return out;
  }
  std::string name() const {
    return "/" + pattern_ + "/" + (flags_.ignore_case ? "i" : "") + (flags_.newline ? "n" : "");
  }

 private:
  static std::string place(std::ptrdiff_t from, std::ptrdiff_t to) {
    return "(" + std::to_string(from) + "," + std::to_string(to) + ")";
  }
  std::string pattern_, why_;
  Flags flags_;
  int error_ = 0;
  regex_t theirs_{};
  std::optional<Machine> matcher_;
  std::optional<Searcher> searcher_;
  std::vector<CapturePath> paths_;
  AutomatonImage image_;
};

constexpr Flags kAllFlags[] = {{false, false}, {true, false}, {false, true}, {true, true}};

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t longest) {
  std::string out(random() % (longest + 1), ' ');
  for (char& c : out) c = alphabet[random() % alphabet.size()];
  return out;
}

/// A pattern from the pieces that routing scripts are made of; `depth` bounds the nesting.
std::string random_pattern(std::mt19937& random, int depth, bool top = true) {
  constexpr std::string_view kAtoms[] = {"a", "b", "c", "A", "1", "_", "-", ".", "[ab]", "[^a]", "[a-c]", "[[:digit:]]", "\\.", "\\w", "\\W",
                                         "\\s", "[[:upper:]]", "[^[:alnum:]]", "[]a]", "[-b]", "\n", "@", "\xe4", "[\x80-\xff]"};
  constexpr std::string_view kRepeats[] = {"*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "{,2}"};
  std::string out;
  const unsigned branches = random() % 4 == 0 ? 2 : 1;
  for (unsigned branch = 0; branch < branches; ++branch) {
    if (branch > 0) out += '|';
    const unsigned items = 1 + random() % 3;
    for (unsigned i = 0; i < items; ++i) {
      if (i == 0 && top && random() % 5 == 0) out += '^';
      if (random() % 3 == 0 && depth > 0) {
        out += '(' + random_pattern(random, depth - 1, false) + ')';
      } else {
        out += kAtoms[random() % std::size(kAtoms)];
      }
      if (random() % 3 == 0) out += kRepeats[random() % std::size(kRepeats)];
    }
    if (top && random() % 5 == 0) out += '$';
  }
  return out;
}

/// Compares both over random texts and returns how many differed; `compared` counts.
int differences(const Pair& pair, std::mt19937& random, int groups, int& compared) {
  int count = 0;
  for (int k = 0; k < 12; ++k) {
    const std::string text = random_text(random, "aabbcA1_-.@\n \xe4", 9);
    const std::string ours = pair.our_answer(text, groups), theirs = pair.their_answer(text, groups);
    ++compared;
    if (ours == theirs) continue;
    ++count;
    ADD_FAILURE() << pair.name() << " on \"" << text << "\": " << ours << ", glibc " << theirs;
  }
  return count;
}

TEST(RegexAutomata, RandomPatternsMatchWhereGlibcMatches) {
  std::mt19937 random(20261122);
  int compared = 0, faults = 0, tables_too_large = 0;
  for (int i = 0; i < 2500 && faults < 20; ++i) {
    const Pair pair(random_pattern(random, 2), kAllFlags[i % 4]);
    if (pair.valid() != pair.ours()) {
      ++tables_too_large;
      EXPECT_NE(pair.why().find("more than"), std::string::npos) << pair.name() << ": " << pair.why();
      continue;
    }
    if (pair.valid()) faults += differences(pair, random, 1, compared);
  }
  EXPECT_GT(compared, 20000);
  EXPECT_LT(tables_too_large, 10);
}

// Where groups stand in alternatives or in repeats that may be empty, glibc itself is of several minds; elsewhere all agree.
TEST(RegexAutomata, GroupsAreThoseOfGlibc) {
  std::mt19937 random(7);
  constexpr std::string_view kItems[] = {"a", "([ab]*)", "(.+)", "(a|ab)", "(c|bcd|)", "([^@]*)@", "(\\w+)", "((a+)|(b+))", "(a(b)?)", "x?", "-", "(1|A)+",
                                         "([a-c]{1,2})", "(([ab])[bc])*"};
  int compared = 0, faults = 0;
  for (int i = 0; i < 1500 && faults < 20; ++i) {
    std::string pattern = i % 3 == 0 ? "^" : "";
    for (unsigned k = 1 + random() % 4; k > 0; --k) pattern += kItems[random() % std::size(kItems)];
    const Pair pair(pattern, kAllFlags[i % 4]);
    ASSERT_TRUE(pair.valid() && pair.ours()) << pair.name() << ": " << pair.why();
    faults += differences(pair, random, 10, compared);
  }
  EXPECT_GT(compared, 10000);
}

TEST(RegexAutomata, PatternsOfScripts) {
  constexpr const char* kPatterns[] = {"^sip:", "^[0-9]+$", "^\\+?[0-9]{3,20}$", "(friendly-scanner|sipcli|sipvicious)", "INVITE.*BYE", "\\.com$",
                                       "^sip:([^@]*)@(.*)$", "^(00|\\+)([1-9][0-9]+)$", "(.*)@(.*)", "\\bWorld\\b", "^\\w+ \\w+$", "[[:space:]]+$",
                                       "[\\.]x", "[]a]+$", "^[+*-]$", "a{,2}b", "a)b", "^$", "", "()", "a||b", "\\<two\\>", "^[[.-.]x]$", "[[=a=]]b",
                                       "[A-z]", "[@-a]", "a**", "a+?", "\\d", "\\D", "\\q[a-z]", "(a?)*", "(a*)+", "(|a)+"};
  constexpr const char* kTexts[] = {"", "sip:alice@example.com", "SIP:+4930@Example.COM", "0049301234", "+4930", "12", "123", "Hello World", "one two three",
                                    "friendly-scanner", "ACK, INVITE, BYE", "\\x", "]]", "-", "aab", "a)b", "x \n", "a\nb", "World\n", "_", "^", "Z", "aaa"};
  for (const char* pattern : kPatterns)
    for (const Flags flags : kAllFlags) {
      const Pair pair(pattern, flags);
      EXPECT_EQ(pair.valid(), pair.ours()) << pair.name() << ": " << pair.why();
      if (!pair.valid() || !pair.ours()) continue;
      for (const std::string text : kTexts) EXPECT_EQ(pair.our_answer(text, 10), pair.their_answer(text, 10)) << pair.name() << " on " << text;
    }
}

TEST(RegexAutomata, ZeroBytesAreBytes) {
  const std::string text("a\0b", 3);
  for (const char* pattern : {"a.b", "a[^x]b", "a\\Wb", "b$", "^a$"}) {
    const Pair pair(pattern, {});
    EXPECT_EQ(pair.our_answer(text, 1), pair.their_answer(text, 1)) << pattern;
  }
}

TEST(RegexAutomata, FaultyPatternsAreRefusedAndSayWhere) {
  for (const char* pattern : {"(", "[a", "a\\", "*a", "^*a", "a|*b", "(+a)", "[[:nope:]]", "[z-a]", "a{1", "a{2,1}", "a{1a}", "{1}", "x{65536}", "[[.ab.]]"}) {
    const Pair pair(pattern, {});
    EXPECT_FALSE(pair.valid()) << pattern;
    EXPECT_FALSE(pair.ours()) << pattern;
    EXPECT_NE(pair.why().find(" at character "), std::string::npos) << pattern << ": " << pair.why();
  }
  std::string why;
  EXPECT_FALSE(parse("(a)\\1", {}, why));
  EXPECT_EQ(why, "back-references are not supported at character 5");
  EXPECT_FALSE(parse(std::string(500, '('), {}, why));
}

TEST(RegexAutomata, SaysWhatAPatternBecomes) {
  EXPECT_EQ(describe("^sip:", {}, false), "code, 6 states");
  EXPECT_EQ(describe("^([0-9]{1,200})$", {}, false), "table, 203 states");
  EXPECT_EQ(describe("a.{2000}b", {}, false), "RE2: its automaton for matching has more than 2000 states or 64 KB");
  EXPECT_EQ(describe("(a|b){5000}", {}, false), "RE2: its repeats unroll to more than 6000 states");
  EXPECT_EQ(describe("^(a)", {}, true), "table, 3 states");
}

}  // namespace
}  // namespace strowger::regex
