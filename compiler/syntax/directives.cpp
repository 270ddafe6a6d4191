// The preprocessor's directives: conditions, defines, substitutions and includes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "compiler/syntax/condition.h"
#include "compiler/syntax/literal.h"
#include "compiler/syntax/preprocessor.h"

namespace strowger::syntax {
namespace {

constexpr std::size_t kMaxIncludeDepth = 10;
constexpr std::size_t kMaxConditionals = 512;
constexpr std::size_t kMaxDefine = 1u << 20;          // bytes of one value
constexpr std::size_t kMaxIncludedFiles = 10'000;     // in one script
constexpr std::size_t kMaxIncludedBytes = 64u << 20;

bool identifier_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool identifier_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Words that people write for directives that do not exist.
bool looks_like_directive(std::string_view word) {
  for (const std::string_view known : {"elif", "elifdef", "elseif", "elsif", "elifndef", "if", "include", "import", "enddef",
                                       "endifdef", "end", "ifdefined", "ifnotdef"})
    if (word == known) return true;
  return false;
}

}  // namespace

std::size_t Preprocessor::skip_blanks(std::size_t at) const {
  const std::string_view text = content();
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

std::size_t Preprocessor::end_of_line(std::size_t at) const {
  const std::size_t end = content().find('\n', at);
  return end == std::string_view::npos ? content().size() : end;
}

bool Preprocessor::only_blanks_to_line_end(std::size_t at) const {
  const std::string_view text = content();
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) ++at;
  return at < text.size() && text[at] == '\n';
}

std::string_view Preprocessor::take_identifier(std::size_t& at) const {
  const std::string_view text = content();
  const std::size_t start = at;
  if (at < text.size() && identifier_start(text[at]))
    while (at < text.size() && identifier_char(text[at])) ++at;
  return text.substr(start, at - start);
}

/// Handles the directive whose head `#!word` is [start, stop). False where `!!word` is none.
bool Preprocessor::directive(std::size_t start, std::size_t stop) {
  const std::string_view text = content();
  const std::string_view word = text.substr(start + 2, stop - start - 2);
  const bool hash = text[start] == '#';
  const auto is = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (is({"ifdef", "ifndef", "ifexp"})) {
    conditional(word, start, stop);
  } else if (is({"else", "endif"})) {
    if (!only_blanks_to_line_end(stop)) {
      const bool last = end_of_line(stop) == text.size();
      auto& finding = findings_.add("W0001", span_at(start, stop - start), {std::string(text.substr(start, stop - start))});
      if (last && skip_blanks(stop) == text.size()) finding.note("the last line of the file lacks its line end");
      seek(end_of_line(stop));
    } else if (conditionals_.empty()) {
      findings_.add("E0003", span_at(start, stop - start), {std::string(text.substr(start, stop - start)), "#!ifdef"});
      seek(stop);
    } else {
      seek(stop);
      if (word == "endif") {
        conditionals_.pop_back();
      } else {
        skip_region();
      }
    }
  } else if (is({"define", "def", "trydef", "trydefine", "redef", "redefine"})) {
    define_directive(word, start, stop);
  } else if (is({"defexp", "defexps"})) {
    define_from_expression(word, start, stop);
  } else if (is({"undef", "undefine", "tryundef", "tryundefine"})) {
    undefine(start, stop);
  } else if (is({"defenv", "defenvs", "trydefenv", "trydefenvs"})) {
    define_from_environment(word, start, stop);
  } else if (is({"subst", "substdef", "substdefs"})) {
    substitution(word, start, stop);
  } else if (is({"include_file", "import_file"})) {
    include(start + 2, start, stop);
  } else if (!hash) {
    return false;
  } else {
    const std::size_t end = end_of_line(start);
    std::string_view line = text.substr(start, end - start);
    if (line == "#!KAMAILIO" || line == "#!OPENSER") {
      mode_ = Ast::Mode::Kamailio;
    } else if (line == "#!SER") {
      mode_ = Ast::Mode::Ser;
    } else if (looks_like_directive(word)) {
      findings_.add("W0003", span_at(start, stop - start), {"#!" + std::string(word)});
    }
    seek(end);
  }
  return true;
}

// ---- conditions ------------------------------------------------------------------------------------------------

void Preprocessor::conditional(std::string_view word, std::size_t start, std::size_t at) {
  bool taken = false;
  const text::Span head = span_at(start, at - start);
  if (word == "ifexp") {
    const std::size_t end = end_of_line(at);
    std::string error;
    const auto value = evaluate_condition(content().substr(at, end - at), [this](std::string_view name) -> std::optional<std::string> {
      const Define* define = find_define(name);
      return define ? std::optional(define->value) : std::nullopt;
    }, error);
    if (!value) findings_.add("E0011", span_at(start, end - start), {"#!ifexp", error});
    taken = value && value->truth();
    at = end;
  } else {
    at = skip_blanks(at);
    const std::size_t name_at = at;
    while (at < content().size() && identifier_char(content()[at])) ++at;
    const std::string_view name = content().substr(name_at, at - name_at);
    if (name.empty()) findings_.add("E0011", head, {"#!" + std::string(word), "the name of a define must follow"});
    taken = (find_define(name) != nullptr) == (word == "ifdef");
  }
  if (conditionals_.size() >= kMaxConditionals) {
    findings_.add("E0012", head, {"conditions", std::to_string(kMaxConditionals)});
    files_.clear();
    conditionals_.clear();
    return;
  }
  conditionals_.push_back({head, std::string(word)});
  seek(at);
  if (!taken) skip_region();
}

/// From the current place to the #!else or #!endif that ends the branch. Text is read as plain characters: directives
/// count inside comments and strings, too.
void Preprocessor::skip_region() {
  std::size_t depth = 0;
  std::size_t at = file().stream->index();
  for (;;) {
    const std::string_view text = content();
    const std::size_t bang = text.find('!', at);
    if (bang == std::string_view::npos) {
      files_.pop_back();
      if (files_.empty()) return;  // end_of_text() reports the open condition
      at = file().stream->index();
      continue;
    }
    if (bang + 1 < text.size() && text[bang + 1] == '!') {
      at = bang + 1;
      if (at + 1 >= text.size() || !identifier_start(text[at + 1])) continue;
    } else {
      at = bang;
    }
    const bool prefixed = at > 0 && (text[at - 1] == '#' || text[at - 1] == '!');
    std::size_t end = at + 1;
    const std::string_view word = take_identifier(end);
    at = end;
    if (!prefixed || word.empty()) continue;
    if (word == "ifdef" || word == "ifndef" || word == "ifexp") {
      ++depth;
    } else if (word == "endif" && only_blanks_to_line_end(end)) {
      if (depth-- == 0) {
        conditionals_.pop_back();
        break;
      }
    } else if (word == "else" && only_blanks_to_line_end(end)) {
      if (depth == 0) break;
    }
  }
  seek(at);
}

// ---- defines ---------------------------------------------------------------------------------------------------

void Preprocessor::add_define(std::string name, std::string value, text::Span at, bool replace, bool keep_first) {
  const auto known = defines_.find(name);
  if (known != defines_.end()) {
    if (keep_first) return;
    if (!replace) {
      auto& finding = findings_.add("E0005", at, {name});
      if (known->second->at.file) finding.note("first defined here", known->second->at);
      return;
    }
  } else {
    define_order_.push_back(name);
  }
  if (value.size() > kMaxDefine) {
    findings_.add("E0007", at, {name, "into more than 1 MB"});
    value.clear();
  }
  auto define = std::make_shared<Define>();
  define->name = name;
  define->value = std::move(value);
  define->at = at;
  defines_.insert_or_assign(std::move(name), std::move(define));
}

void Preprocessor::define_directive(std::string_view word, std::size_t start, std::size_t at) {
  const std::string_view text = content();
  const std::string head(text.substr(start, at - start));
  at = skip_blanks(at);
  const std::size_t name_at = at;
  while (at < text.size() && identifier_char(text[at])) ++at;
  const std::string name(text.substr(name_at, at - name_at));
  // The value begins with the first byte that is none of a name: `#!define A:B` makes A ':B'.
  if (name.empty() || (at < text.size() && text[at] == '-')) {
    findings_.add("E0011", span_at(name_at, std::max<std::size_t>(1, at - name_at)), {head, "a name of letters, digits and '_' must follow"});
    return seek(end_of_line(at));
  }
  const text::Span place = span_at(name_at, name.size());
  at = skip_blanks(at);
  std::string value;
  for (;;) {
    const std::size_t end = end_of_line(at);
    std::size_t last = end;
    if (last > at && text[last - 1] == '\r') --last;
    if (last > at && text[last - 1] == '\\' && end < text.size()) {
      value += text.substr(at, last - 1 - at);
      at = end + 1;
      continue;
    }
    value += text.substr(at, last - at);
    at = end;
    break;
  }
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
  add_define(name, std::move(value), place, word.starts_with("redef"), word.starts_with("trydef"));
  seek(at);
}

void Preprocessor::define_from_environment(std::string_view word, std::size_t start, std::size_t at) {
  const std::string_view text = content();
  const std::string head(text.substr(start, at - start));
  at = skip_blanks(at);
  const std::size_t name_at = at;
  const std::string name(take_identifier(at));
  std::string variable = name;
  if (at < text.size() && text[at] == '=') {
    ++at;
    variable = std::string(take_identifier(at));
  }
  if (name.empty() || variable.empty() || (at < text.size() && skip_blanks(at) != end_of_line(at) && text[skip_blanks(at)] != '\r')) {
    findings_.add("E0011", span_at(start, at - start), {head, "NAME or NAME=VARIABLE must follow"});
    return seek(end_of_line(at));
  }
  const char* value = std::getenv(variable.c_str());
  const text::Span place = span_at(name_at, at - name_at);
  if (!value) {
    if (!word.starts_with("try")) findings_.add("E0016", place, {variable});
  } else {
    add_define(name, word.ends_with("s") ? "\"" + std::string(value) + "\"" : value, place, false, word.starts_with("try"));
  }
  seek(end_of_line(at));
}

void Preprocessor::define_from_expression(std::string_view word, std::size_t start, std::size_t at) {
  at = skip_blanks(at);
  const std::size_t name_at = at;
  const std::string name(take_identifier(at));
  const std::size_t end = end_of_line(at);
  std::string error;
  std::optional<ConditionValue> value;
  if (name.empty()) {
    error = "the name of a define must follow";
  } else {
    value = evaluate_condition(content().substr(at, end - at), [this](std::string_view id) -> std::optional<std::string> {
      const Define* define = find_define(id);
      return define ? std::optional(define->value) : std::nullopt;
    }, error);
  }
  if (!value) {
    findings_.add("E0011", span_at(start, end - start), {"#!" + std::string(word), error});
  } else {
    std::string result = value->text;
    if (!value->is_text) result = std::fabs(value->number) < 9.2e18 ? std::to_string(static_cast<long long>(value->number)) : "0";
    if (word == "defexps") result = "\"" + result + "\"";
    add_define(name, std::move(result), span_at(name_at, name.size()), false, false);
  }
  seek(end);
}

void Preprocessor::undefine(std::size_t start, std::size_t at) {
  const std::string head(content().substr(start, at - start));
  at = skip_blanks(at);
  const std::string name(take_identifier(at));
  if (name.empty()) {
    findings_.add("E0011", span_at(start, at - start), {head, "the name of a define must follow"});
  } else if (defines_.erase(name)) {
    define_order_.erase(std::find(define_order_.begin(), define_order_.end(), name));
  }
  seek(at);
}

void Preprocessor::substitution(std::string_view word, std::size_t start, std::size_t at) {
  const std::string_view text = content();
  const std::string head(text.substr(start, at - start));
  at = skip_blanks(at);
  const std::size_t open = at;
  std::size_t close = std::string_view::npos;
  if (at < text.size() && text[at] == '"')
    for (std::size_t i = at + 1; i < text.size() && text[i] != '\n'; ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        close = i;
        break;
      }
    }
  if (close == std::string_view::npos) {
    findings_.add("E0011", span_at(start, end_of_line(at) - start), {head, "a rule in double quotes must follow"});
    return seek(end_of_line(at));
  }
  std::string rule_text = decode_double_quoted(text.substr(open + 1, close - open - 1));
  const text::Span place = span_at(open, close + 1 - open);
  substitute(rule_text, place);
  seek(close + 1);
  std::string error;
  std::optional<Substitution> rule = Substitution::parse(rule_text, error);
  if (!rule) {
    findings_.add("E0017", place, {error});
    return;
  }
  std::string replacement = rule->replacement();
  if (!replacement_value(replacement, place)) return;
  rule->set_replacement(replacement);
  rule->name = sources_.intern(rule->pattern());
  if (word != "subst") {
    const std::string& name = rule->pattern();
    // Kamailio takes any text for the name. What an earlier rule has changed here is the usual cause.
    if (!identifier_start(name[0]) || !std::all_of(name.begin(), name.end(), identifier_char)) {
      findings_.add("W0017", place, {name}).note("the rules above it apply to this line too");
    } else {
      add_define(name, word == "substdefs" ? "\"" + replacement + "\"" : replacement, place, false, false);
    }
  }
  if (substitution_work_ <= kMaxSubstitutionWork) substitutions_.push_back(std::move(*rule));
}

/// A replacement that is `$env(X)` or `$def(X)` as a whole or in part gets the value it has now.
bool Preprocessor::replacement_value(std::string& text, const text::Span& place) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool env = text.compare(i, 5, "$env(") == 0;
    const bool def = text.compare(i, 5, "$def(") == 0;
    const std::size_t close = env || def ? text.find(')', i) : std::string::npos;
    if (close == std::string::npos) {
      out += text[i++];
      continue;
    }
    const std::string name = text.substr(i + 5, close - i - 5);
    if (env) {
      const char* value = std::getenv(name.c_str());
      if (!value) {
        findings_.add("E0016", place, {name});
        return false;
      }
      out += value;
    } else if (const Define* define = find_define(name)) {
      out += define->value;
    }
    i = close + 1;
    if (out.size() > kMaxDefine) {
      findings_.add("E0017", place, {"the replacement is longer than 1 MB"});
      return false;
    }
  }
  text = std::move(out);
  return true;
}

// ---- includes --------------------------------------------------------------------------------------------------

/// `word` is the offset of include_file or import_file; the whole head is [start, stop).
void Preprocessor::include(std::size_t word, std::size_t start, std::size_t stop) {
  const std::string_view text = content();
  const bool optional = text.substr(word).starts_with("import_file");
  const std::string head(text.substr(start, stop - start));
  std::size_t at = skip_blanks(stop);
  const std::size_t open = at;
  std::string path;
  bool closed = false;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '\n'; ++at) {
      if (text[at] == '"') {
        closed = true;
        ++at;
        break;
      }
      if (text[at] == '\\' && at + 1 < text.size()) {
        const char c = text[++at];
        path += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        continue;
      }
      path += text[at];
    }
  }
  const std::size_t line_end = end_of_line(at);
  const bool alone = only_blanks_to_line_end(at) || skip_blanks(at) == text.size();
  if (!closed || !alone) {
    const std::size_t from = closed ? skip_blanks(at) : open;
    findings_.add("E0011", span_at(from, std::max<std::size_t>(1, line_end - from)),
                  {head, closed ? "nothing may stand after the path" : "a path in double quotes must follow"});
    return seek(line_end);
  }
  seek(at);
  const text::Span place = span_at(open, at - open);
  substitute(path, place);
  if (including_ended_) return;
  if (files_.size() > kMaxIncludeDepth) {
    findings_.add("E0006", place, {std::to_string(kMaxIncludeDepth)});
    including_ended_ = true;
    return;
  }
  if (included_files_ >= kMaxIncludedFiles || included_bytes_ > kMaxIncludedBytes) {
    findings_.add("E0004", place, {path, "the script includes more than 10000 files or 64 MB"});
    including_ended_ = true;
    return;
  }
  int error = 0;
  const text::SourceFile* source = find_include(path, place.line(), error);
  if (source) {
    ++included_files_;
    included_bytes_ += source->content.size();
    push_file(source);
  } else if (!optional || (error != ENOENT && error != ENOTDIR)) {
    findings_.add("E0004", place, {path, std::strerror(error)});
  }
}

/// As given, then beside the file that includes it, then in the include directories. Of an absolute path that is not there,
/// the include directories stand in for its folders: `/etc/kamailio/local.cfg` is also DIR/etc/kamailio/local.cfg,
/// DIR/kamailio/local.cfg and DIR/local.cfg.
const text::SourceFile* Preprocessor::find_include(const std::string& path, std::uint32_t line, int& error) {
  std::vector<std::string> candidates{path};
  if (!path.starts_with('/')) {
    const std::string& includer = file().source->path;
    const std::size_t slash = includer.rfind('/');
    if (slash != std::string::npos) candidates.push_back(includer.substr(0, slash + 1) + path);
    for (const std::string& folder : options_.include_dirs) candidates.push_back(folder + "/" + path);
  } else {
    for (const std::string& folder : options_.include_dirs)
      for (std::size_t slash = 0; slash != std::string::npos; slash = path.find('/', slash + 1))
        candidates.push_back(folder + path.substr(slash));
  }
  error = ENOENT;
  for (const std::string& candidate : candidates) {
    errno = 0;
    if (const text::SourceFile* source = sources_.open(candidate, file().source, line)) return source;
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
  }
  return nullptr;
}

}  // namespace strowger::syntax
