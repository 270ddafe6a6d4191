// Rules of a dial plan.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dialplan/rules.h"

#include <fnmatch.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace strowger::dialplan {
namespace {

constexpr std::size_t kLongestName = 255;   // of texts that fnmatch() compares: its time grows with both
constexpr std::size_t kLongestOutput = 4096;

/// "\1" and its like are groups of the pattern; other backslashes are text.
bool split(Rule& rule, std::uint32_t groups, std::string& why) {
  if (!rule.subst_pattern) {
    std::uint32_t highest = 0;
    const std::string& text = rule.replacement;
    for (std::size_t i = 0; i + 1 < text.size(); ++i)
      if (text[i] == '\\' && text[i + 1] > '0' && text[i + 1] <= '9') highest = std::max<std::uint32_t>(highest, static_cast<std::uint32_t>(text[i + 1] - '0'));
    if (highest > groups) {
      why = "repl_exp '" + text + "' needs " + std::to_string(highest) + " groups, but there is no subst_exp";
      return false;
    }
    if (!text.empty()) rule.pieces.push_back({text, -1});
    return true;
  }
  std::string text;
  for (std::size_t i = 0; i < rule.replacement.size(); ++i) {
    const char next = i + 1 < rule.replacement.size() ? rule.replacement[i + 1] : '\0';
    if (rule.replacement[i] != '\\' || next < '0' || next > '9') {
      text += rule.replacement[i];
      continue;
    }
    ++i;
    if (static_cast<std::uint32_t>(next - '0') > groups) {
      why = "repl_exp '" + rule.replacement + "' needs group " + next + ", but subst_exp '" + rule.subst + "' has only " + std::to_string(groups);
      return false;
    }
    if (!text.empty()) rule.pieces.push_back({std::exchange(text, {}), -1});
    rule.pieces.push_back({{}, next - '0'});
  }
  if (!text.empty()) rule.pieces.push_back({std::move(text), -1});
  return true;
}

std::optional<Rule> make_rule(const db::Row& row, std::string& why) {
  Rule rule;
  const auto priority = db::number_in(row[1]), op = db::number_in(row[2]), length = db::number_in(row[4]);
  for (std::size_t i = 3; i < row.size(); ++i)
    if (db::is_null(row[i])) {
      why = "match_exp, match_len, subst_exp, repl_exp and attrs must not be NULL (db_text: modparam(\"db_text\", \"emptystring\", 1))";
      return std::nullopt;
    }
  if (!priority || !op || !length || *op < 0 || *op > 2) {
    why = "pr, match_op (0, 1, 2) and match_len must be numbers";
    return std::nullopt;
  }
  rule.priority = *priority;
  rule.op = static_cast<MatchOp>(*op);
  rule.length = *length;
  rule.match = db::text_in(row[3]);
  rule.subst = db::text_in(row[5]);
  rule.replacement = db::text_in(row[6]);
  rule.attributes = db::text_in(row[7]);
  if (rule.op == MatchOp::Pattern && !(rule.match_pattern = pcre::compile(rule.match, 0, why))) {
    why = "match_exp '" + rule.match + "': " + why;
    return std::nullopt;
  }
  if (!rule.subst.empty() && !(rule.subst_pattern = pcre::compile(rule.subst, 0, why))) {
    why = "subst_exp '" + rule.subst + "': " + why;
    return std::nullopt;
  }
  if (!split(rule, rule.subst_pattern ? pcre::groups_in(*rule.subst_pattern) : 0, why)) return std::nullopt;
  return rule;
}

bool matches(const Rule& rule, std::string_view text, pcre::Matcher& matcher, std::string& why) {
  switch (rule.op) {
    case MatchOp::Equal: return rule.match == text;
    case MatchOp::FileName:
      return text.size() <= kLongestName && rule.match.size() <= kLongestName &&
             fnmatch(rule.match.c_str(), std::string(text).c_str(), 0) == 0;
    case MatchOp::Pattern: break;
  }
  const pcre::Matcher::Answer answer = matcher.match(*rule.match_pattern, text);
  if (answer == pcre::Matcher::Answer::TooLong) why = "match_exp '" + rule.match + "' takes too many steps";
  return answer == pcre::Matcher::Answer::Yes;
}

/// By length, any length last, then by priority; equal ones keep their order.
void sort(std::vector<Rule>& rules) {
  const auto before = [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) { return std::tuple(rules[i].length == 0, rules[i].length, rules[i].priority, i); };
    return key(a) < key(b);
  };
  std::vector<std::size_t> order(rules.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), before);
  std::vector<Rule> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(rules[i]));
  rules = std::move(sorted);
}

}  // namespace

const Plan* Plans::find(Int id) const {
  for (const Plan& plan : plans)
    if (plan.id == id) return &plan;
  return nullptr;
}

std::shared_ptr<const Plans> build(const db::Rows& rows, std::string& why) {
  auto plans = std::make_shared<Plans>();
  for (const db::Row& row : rows) {
    const auto id = db::number_in(row[0]);
    std::optional<Rule> rule = id ? make_rule(row, why) : std::nullopt;
    if (!rule) {
      if (!id) why = "dpid is no number";
      return nullptr;
    }
    auto plan = std::find_if(plans->plans.begin(), plans->plans.end(), [&](const Plan& one) { return one.id == *id; });
    if (plan == plans->plans.end()) plan = plans->plans.insert(plan, Plan{*id, {}});
    plan->rules.push_back(std::move(*rule));
  }
  for (Plan& plan : plans->plans) sort(plan.rules);
  return plans;
}

const Rule* find_rule(const Plan& plan, std::string_view text, pcre::Matcher& matcher, std::string& why) {
  for (const Rule& rule : plan.rules)
    if ((rule.length == 0 || rule.length == static_cast<Int>(text.size())) && matches(rule, text, matcher, why)) return &rule;
  return nullptr;
}

std::optional<Translation> translate(const Plan& plan, std::string_view text, pcre::Matcher& matcher, std::string& why,
                                     const Expand& expand) {
  Translation out;
  out.rule = find_rule(plan, text, matcher, why);
  if (!out.rule) return std::nullopt;
  if (out.rule->subst_pattern) {
    const pcre::Matcher::Answer answer = matcher.match(*out.rule->subst_pattern, text);
    if (answer == pcre::Matcher::Answer::TooLong) why = "subst_exp '" + out.rule->subst + "' takes too many steps";
    if (answer != pcre::Matcher::Answer::Yes) return std::nullopt;
  }
  if (out.rule->replacement.empty()) return out;
  out.output.emplace();
  for (const Rule::Piece& piece : out.rule->pieces) {
    std::string_view part = piece.group < 0 ? std::string_view(piece.text) : matcher.group(text, piece.group);
    if (expand && out.rule->subst_pattern && piece.group < 0 && part.find('$') != part.npos) {
      const std::optional<Text> value = expand(part);
      if (!value) return std::nullopt;
      part = value->view();
    }
    out.output->append(part);
  }
  if (out.output->size() > kLongestOutput) {
    why = "the output is longer than 4096 bytes";
    return std::nullopt;
  }
  return out;
}

}  // namespace strowger::dialplan
