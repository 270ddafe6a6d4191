// Reads scenarios line by line.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/scenario.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace strowger::sim {
namespace {

using Kind = ScenarioStep::Kind;

constexpr std::size_t kMostSteps = 10000;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

struct Word {
  std::string_view text;
  std::uint32_t column = 1;
};

/// Blanks part words; "..." is one word.
std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    if (line[at] == '"') {
      const std::size_t end = std::min(line.find('"', at + 1), line.size());
      words.push_back({line.substr(at + 1, end - at - 1), static_cast<std::uint32_t>(begin + 1)});
      at = std::min(end + 1, line.size());
      continue;
    }
    while (at < line.size() && line[at] != ' ' && line[at] != '\t' && line[at] != '\r') ++at;
    words.push_back({line.substr(begin, at - begin), static_cast<std::uint32_t>(begin + 1)});
  }
  return words;
}

bool is_method(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

/// "200", "4xx".
bool is_code(std::string_view word) {
  return word.size() == 3 && word[0] >= '1' && word[0] <= '6' &&
         (word.substr(1) == "xx" || std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

/// "500ms", "2s", "1.5s", "3m".
std::optional<Millis> parse_time(std::string_view word) {
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || number < 0 || number > 1e7) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(word.data() + word.size() - end));
  if (unit == "ms") return static_cast<Millis>(number);
  if (unit == "s") return static_cast<Millis>(number * 1000);
  if (unit == "m" || unit == "min") return static_cast<Millis>(number * 60000);
  return std::nullopt;
}

/// "10%" or "0.1", as a probability.
std::optional<double> parse_share(std::string_view word) {
  double number = 0;
  const bool percent = word.ends_with('%');
  if (percent) word.remove_suffix(1);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  if (percent) number /= 100;
  if (!(number >= 0 && number <= 1)) return std::nullopt;
  return number;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Scenario read() {
    while (at_ < text_.size()) {
      const std::string_view line = next_line();
      const std::string_view plain = trim(line);
      if (plain.empty() || plain.front() == '#') continue;
      if (line.front() == ' ' || line.front() == '\t') {
        read_detail(line);
        continue;
      }
      if (out_.steps.size() >= kMostSteps) {
        fault({line, 1}, "a scenario has at most " + std::to_string(kMostSteps) + " steps");
        break;
      }
      takes_lines_ = false;
      words_ = words_of(line);
      index_ = 0;
      read_statement();
    }
    if (out_.script.empty() && out_.config.empty() && out_.faults.empty())
      fault({"", 1}, "no script: begin with 'script {' or 'config PATH'");
    return std::move(out_);
  }

 private:
  std::string_view next_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    return line;
  }

  void fault(const Word& at, std::string words) {
    if (!out_.faults.empty() && out_.faults.back().line == line_) return;   // one for each line
    out_.faults.push_back({line_, at.column, std::max<std::uint32_t>(1, static_cast<std::uint32_t>(at.text.size())), std::move(words)});
  }

  bool more() const { return index_ < words_.size(); }
  Word take() { return more() ? words_[index_++] : Word{"", last_column()}; }
  bool take_if(std::string_view word) {
    if (!more() || words_[index_].text != word) return false;
    ++index_;
    return true;
  }
  std::uint32_t last_column() const {
    return words_.empty() ? 1 : words_.back().column + static_cast<std::uint32_t>(words_.back().text.size());
  }

  void read_statement() {
    const Word first = take();
    if (first.text == "script" && words_.size() == 2 && words_[1].text == "{") return read_script(first);
    if (first.text == "config") return read_config(first);
    if (first.text == "define" && words_.size() == 2) return static_cast<void>(out_.defines.emplace_back(take().text));
    if (first.text == "proxy") {
      if (!more()) return fault(first, "write: proxy ADDRESS, such as 'proxy udp:192.0.2.1:5060'");
      while (more()) out_.proxies.push_back({line_, "", std::string(take().text)});
      return;
    }
    if (first.text == "agent") {
      if (words_.size() != 3) return fault(first, "write: agent NAME ADDRESS, such as 'agent alice 192.0.2.10:5060'");
      const Word name = take();
      for (const ScenarioNode& known : out_.agents)
        if (known.name == name.text) return fault(name, "there is an agent '" + known.name + "' already, in line " + std::to_string(known.line));
      return static_cast<void>(out_.agents.push_back({line_, std::string(name.text), std::string(take().text)}));
    }
    step_ = ScenarioStep{};
    step_.line = line_;
    const bool good = read_step(first);
    if (good && more()) fault(words_[index_], "'" + std::string(words_[index_].text) + "' does not belong here");
    if (good) {
      takes_lines_ = step_.kind <= Kind::Get && step_.kind != Kind::SendAgain;
      out_.steps.push_back(std::move(step_));
    }
  }

  void read_script(const Word& at) {
    if (!out_.script.empty() || !out_.config.empty()) return fault(at, "a scenario has one script");
    out_.script.assign(line_, '\n');
    while (at_ < text_.size()) {
      const std::string_view line = next_line();
      if (trim(line) == "}" && line.front() == '}') return;
      out_.script.append(line).append("\n");
    }
    fault(at, "the script has no end: its '}' has to stand at the beginning of a line");
  }

  void read_config(const Word& at) {
    if (!out_.script.empty() || !out_.config.empty()) return fault(at, "a scenario has one script");
    if (words_.size() != 2) return fault(at, "write: config PATH");
    out_.config = std::string(take().text);
    out_.config_line = line_;
  }

  bool read_step(const Word& first) {
    if (first.text == "wait") {
      step_.kind = Kind::Wait;
      return read_time(step_.at_least);
    }
    if (first.text == "nothing" && take_if("more")) {
      step_.kind = Kind::NothingMore;
      return true;
    }
    if (first.text == "network") return read_network();
    if (first.text == "log") return read_log(first);
    const auto known = std::find_if(out_.agents.begin(), out_.agents.end(), [&](const auto& agent) { return agent.name == first.text; });
    if (known == out_.agents.end()) {
      std::string names;
      for (const ScenarioNode& agent : out_.agents) names += (names.empty() ? "" : ", ") + agent.name;
      fault(first, "'" + std::string(first.text) + "' is no agent" + (names.empty() ? "; there is none yet: agent NAME ADDRESS" : "; there are: " + names));
      return false;
    }
    step_.agent = known->name;
    const Word verb = take();
    if (verb.text == "sends") return read_send();
    if (verb.text == "replies") return read_reply();
    if (verb.text == "gets") return read_get();
    fault(verb, "an agent 'sends', 'replies' or 'gets'");
    return false;
  }

  bool read_time(Millis& out) {
    const Word word = take();
    const auto time = parse_time(word.text);
    if (!time) fault(word, "a time is needed here, such as 500ms, 2s or 3m");
    out = time.value_or(0);
    return time.has_value();
  }

  bool read_network() {
    step_.kind = Kind::Network;
    step_.latency = 1;
    while (more()) {
      const Word what = take();
      if (what.text == "latency") {
        if (!read_time(step_.latency)) return false;
      } else if (what.text == "jitter") {
        if (!read_time(step_.jitter)) return false;
      } else if (what.text == "loss" || what.text == "duplicate") {
        const Word share = take();
        const auto value = parse_share(share.text);
        if (!value) return fault(share, "a share is needed here, such as 10%"), false;
        (what.text == "loss" ? step_.loss : step_.duplicate) = *value;
      } else {
        return fault(what, "a network has latency, jitter, loss and duplicate"), false;
      }
    }
    return true;
  }

  bool read_log(const Word& first) {
    const Word verb = take();
    if (verb.text == "has") step_.kind = Kind::LogHas;
    else if (verb.text == "lacks") step_.kind = Kind::LogLacks;
    else return fault(first, "write: log has \"TEXT\" or log lacks \"TEXT\""), false;
    if (!more()) return fault(verb, "the text is missing: log has \"TEXT\""), false;
    step_.what = std::string(take().text);
    return true;
  }

  /// `as NAME`, `to ADDRESS`.
  bool read_tail() {
    while (more()) {
      const bool is_name = words_[index_].text == "as", is_address = words_[index_].text == "to";
      if (!is_name && !is_address) return true;
      const Word keyword = take();
      if (!more()) return fault(keyword, "something is missing after '" + std::string(keyword.text) + "'"), false;
      if (is_address) {
        step_.to = std::string(take().text);
        continue;
      }
      step_.name = std::string(take().text);
      names_.push_back(step_.name);
    }
    return true;
  }

  bool read_other() {
    const Word name = take();
    if (name.text.empty()) return fault(name, "the name of a message is missing; messages get theirs by 'as NAME'"), false;
    if (std::find(names_.begin(), names_.end(), name.text) == names_.end())
      return fault(name, "no message is called '" + std::string(name.text) + "' before this line"), false;
    step_.other = std::string(name.text);
    return true;
  }

  bool read_send() {
    const Word what = take();
    step_.what = std::string(what.text);
    if (what.text == "raw") {
      step_.kind = Kind::SendRaw;
      return read_tail();
    }
    if (take_if("again")) {
      step_.kind = Kind::SendAgain;
      if (std::find(names_.begin(), names_.end(), step_.what) == names_.end())
        return fault(what, "no message is called '" + step_.what + "' before this line"), false;
      step_.other = step_.what;
      return true;
    }
    if (!is_method(what.text)) return fault(what, "a method is needed here, such as INVITE"), false;
    if (take_if("in")) {
      step_.kind = Kind::SendInDialog;
      return read_other() && read_tail();
    }
    if (take_if("for")) {
      step_.kind = Kind::SendFor;
      if (step_.what != "ACK" && step_.what != "CANCEL") return fault(what, "only ACK and CANCEL are sent 'for' a message"), false;
      return read_other() && read_tail();
    }
    step_.kind = Kind::Send;
    if (!more()) return fault(what, "the request URI is missing: sends " + step_.what + " sip:bob@example.org"), false;
    step_.uri = std::string(take().text);
    return read_tail();
  }

  bool read_reply() {
    const Word code = take();
    if (!is_code(code.text) || code.text.ends_with('x')) return fault(code, "a reply code is needed here, such as 200"), false;
    step_.kind = Kind::Reply;
    step_.what = std::string(code.text);
    while (more() && words_[index_].text != "to") step_.uri += (step_.uri.empty() ? "" : " ") + std::string(take().text);
    if (!take_if("to")) return fault(code, "to which request? replies " + step_.what + " to NAME"), false;
    return read_other() && read_tail();
  }

  bool read_get() {
    const Word what = take();
    if (what.text == "nothing") {
      step_.kind = Kind::GetNothing;
      step_.at_least = 32000;   // 64*T1: what can still come has come by then
      return take_if("for") ? read_time(step_.at_least) : true;
    }
    if (!is_method(what.text) && !is_code(what.text))
      return fault(what, "a method, a reply code or 'nothing' is needed here"), false;
    step_.kind = Kind::Get;
    step_.what = std::string(what.text);
    if (is_code(what.text) && more() && is_method(words_[index_].text)) step_.what += " " + std::string(take().text);
    while (more()) {
      const Word keyword = take();
      if (keyword.text == "as") {
        if (!more()) return fault(keyword, "the name is missing after 'as'"), false;
        step_.name = std::string(take().text);
        names_.push_back(step_.name);
      } else if (keyword.text == "same" && take_if("as")) {
        if (!read_other()) return false;
      } else if (keyword.text == "within") {
        if (!read_time(step_.at_most)) return false;
      } else if (keyword.text == "after") {
        if (!read_time(step_.at_least)) return false;
      } else {
        return fault(keyword, "'as NAME', 'same as NAME', 'within TIME' or 'after TIME' may stand here"), false;
      }
    }
    return true;
  }

  /// An indented line: "| body" or "Name: value" or "Name absent".
  void read_detail(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    const Word all{trim(line), static_cast<std::uint32_t>(begin + 1)};
    if (!takes_lines_) {
      if (out_.faults.empty() || out_.faults.back().line + 1 != line_) fault(all, "an indented line belongs to a message that is sent or expected");
      return;
    }
    ScenarioLine detail;
    detail.line = line_;
    ScenarioStep& step = out_.steps.back();
    if (all.text.front() == '|') {
      detail.value = std::string(all.text.substr(all.text.starts_with("| ") ? 2 : 1));
      step.lines.push_back(std::move(detail));
      return;
    }
    if (step.kind == Kind::SendRaw) {
      detail.value = std::string(all.text);
      step.lines.push_back(std::move(detail));
      return;
    }
    const std::size_t colon = all.text.find(':');
    if (all.text.ends_with(" absent") && colon == std::string_view::npos) {
      detail.name = std::string(trim(all.text.substr(0, all.text.size() - 7)));
      detail.absent = true;
    } else if (colon == std::string_view::npos || colon == 0) {
      return fault(all, "write 'Header: value', 'Header absent', or '| ' before a line of the body");
    } else {
      detail.name = std::string(trim(all.text.substr(0, colon)));
      detail.value = std::string(trim(all.text.substr(colon + 1)));
      detail.absent = detail.value == "absent";
    }
    if (detail.name.ends_with(']')) {
      const std::size_t bracket = detail.name.find('[');
      const std::string number = bracket == std::string::npos ? "" : detail.name.substr(bracket + 1, detail.name.size() - bracket - 2);
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), detail.occurrence);
      if (error != std::errc{} || end != number.data() + number.size() || detail.occurrence == 0)
        return fault(all, "the index of a header is a number from 1 on: Via[2]");
      detail.name.resize(bracket);
    }
    step.lines.push_back(std::move(detail));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;
  std::vector<Word> words_;
  std::size_t index_ = 0;
  std::vector<std::string> names_;
  ScenarioStep step_;
  bool takes_lines_ = false;
  Scenario out_;
};

}  // namespace

Scenario parse_scenario(std::string_view text) { return Reader(text).read(); }

bool fits(std::string_view pattern, std::string_view value) {
  // The last star seen, and what it covers so far.
  std::size_t p = 0, v = 0, star = std::string_view::npos, covered = 0;
  while (v < value.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      covered = v;
    } else if (p < pattern.size() && pattern[p] == value[v]) {
      ++p, ++v;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      v = ++covered;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace strowger::sim
