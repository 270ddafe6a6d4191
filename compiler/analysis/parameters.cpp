// modparam: values for the parameters of loaded modules; every parameter ends with the script's value or its default.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <regex.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "compiler/analysis/build.h"
#include "compiler/analysis/lower.h"
#include "compiler/text/names.h"
#include "compiler/analysis/passes.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {
namespace {

using modules::Parameter;

/// A modparam's first argument: an extended regular expression over whole module names.
class ModulePattern {
 public:
  explicit ModulePattern(const std::string& pattern) {
    good_ = regcomp(&compiled_, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
  }
  ~ModulePattern() {
    if (good_) regfree(&compiled_);
  }
  ModulePattern(const ModulePattern&) = delete;
  ModulePattern& operator=(const ModulePattern&) = delete;
  bool good() const { return good_; }
  bool matches(const std::string& name) const { return regexec(&compiled_, name.c_str(), 0, nullptr, 0) == 0; }

 private:
  regex_t compiled_;
  bool good_ = false;
};

/// A text with variables, read like one variable: index + 1 into Program::variables.
std::size_t parse_format(Context& context, const syntax::ModParam& line) {
  program::VariableUse use;
  ExprPtr value = lower_format(context, line.text, line.value_span);
  if (!value) return 0;
  use.value = to_any(std::move(value));
  use.written = line.text;
  return context.variable(std::move(use)) + 1;
}

/// The variable a `variable` parameter names: index + 1 into Program::variables, 0 with a finding.
std::size_t parse_named_variable(Context& context, const syntax::ModParam& line) {
  syntax::PvRef pv;
  std::size_t used = 0;
  if (line.text.empty() || line.text[0] != '$') {
    context.findings.add("E0112", line.value_span, {line.name, "the name of a variable, as \"$avp(x)\""});
    return 0;
  }
  if (!syntax::parse_pv(line.text, line.value_span, pv, used, context.findings)) return 0;
  if (used != line.text.size() || !pv.transforms.empty()) {
    context.findings.add("E0112", line.value_span, {line.name, "the name of one variable"});
    return 0;
  }
  std::optional<program::VariableUse> use = resolve_variable(context, pv);
  return use ? context.variable(std::move(*use)) + 1 : 0;
}

/// "name=$variable; name = $variable": index + 1 into Program::paths, 0 with a finding.
std::size_t parse_attributes(Context& context, const syntax::ModParam& line) {
  const std::string& text = line.text;
  program::PathConstant path;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n')) ++at;
  };
  const auto refuse = [&](const char* wanted) {
    context.findings.add("E0112", line.value_span, {line.name, std::string(wanted) + " at character " + std::to_string(at + 1)});
    return std::size_t{0};
  };
  do {
    skip_blanks();
    program::PathConstant::Step step;
    const std::size_t end = std::min(text.find_first_of("= \t\r\n", at), text.size());
    step.name = text.substr(at, end - at);
    at = end;
    skip_blanks();
    if (at == text.size() || text[at] != '=') return refuse("a list as \"name=$variable;name=$variable\"; it wants '='");
    ++at;
    skip_blanks();
    if (at == text.size() || text[at] != '$') return refuse("a list as \"name=$variable;name=$variable\"; it wants a variable");
    syntax::PvRef pv;
    std::size_t used = 0;
    if (!syntax::parse_pv(std::string_view(text).substr(at), line.value_span, pv, used, context.findings)) return 0;
    const std::optional<std::size_t> variable = variable_reference(context, pv);
    if (!variable) return 0;
    step.variable = *variable + 1;
    path.steps.push_back(std::move(step));
    at += used;
    skip_blanks();
    if (at < text.size() && text[at] != ';') return refuse("a list as \"name=$variable;name=$variable\"; it wants ';'");
  } while (at++ < text.size());
  context.program.paths.push_back(std::move(path));
  return context.program.paths.size();
}

bool is_in(const std::pair<Int, Int>& range, Int number) { return range.first <= number && number <= range.second; }

/// A pending parameter that gets another value than its default has no code yet, nor has a number that means nothing; an
/// ignored one has no meaning here.
void check_support(Context& context, const Parameter& parameter, const syntax::ModParam& line) {
  const bool is_default = parameter.is_text ? parameter.text == line.text : parameter.number == line.number;
  const bool known = parameter.is_text || !parameter.within || is_in(*parameter.within, line.number);
  const bool works = parameter.is_text || !parameter.works || is_in(*parameter.works, line.number);
  if (!known)
    context.findings.add(context.building() ? "E0113" : "W0113", line.value_span,
                         {line.name, std::to_string(line.number),
                          std::to_string(parameter.within->first) + ".." + std::to_string(parameter.within->second)});
  if ((parameter.pending && !is_default) || !works) {
    if (context.building() && known) context.findings.add("E0902", line.span, {parameter.module + "." + parameter.name});
  } else if (parameter.ignored && context.purpose == Purpose::Lint) {
    context.findings.add("I0911", line.span, {parameter.module + "." + parameter.name});
  }
}

void set(Context& context, const Parameter& parameter, const syntax::ModParam& line, program::ParameterValue& value) {
  if (parameter.is_text != line.is_text) {
    context.findings.add("E0112", line.value_span, {line.name, parameter.is_text ? "a string" : "an int"});
    return;
  }
  if (!has_form(parameter.form, line.text)) {
    context.findings.add("E0112", line.value_span, {line.name, parameter.form.shown});
    return;
  }
  if (!parameter.repeated || !value.set_by_script) {
    value.numbers.clear();
    value.texts.clear();
  }
  value.set_by_script = true;
  const WithinText within(context);
  value.is_null = false;
  if (parameter.is_text)
    value.texts.push_back(line.text);
  else
    value.numbers.push_back(line.number);
  if (parameter.is_attributes) value.path = parse_attributes(context, line);
  if (parameter.is_variable) value.variable = parameter.is_format ? parse_format(context, line) : parse_named_variable(context, line);
}

program::ParameterValue default_of(const Parameter& parameter) {
  program::ParameterValue value;
  value.parameter = &parameter;
  if (parameter.is_text && parameter.text) value.texts.push_back(*parameter.text);
  if (!parameter.is_text && parameter.number) value.numbers.push_back(*parameter.number);
  value.is_null = parameter.is_text && !parameter.text;
  return value;
}

void set_default_variable(Context& context, program::ParameterValue& value) {
  const Parameter& parameter = *value.parameter;
  if (!parameter.is_variable || value.set_by_script || !parameter.text || parameter.text->empty()) return;
  syntax::PvRef pv;
  std::size_t used = 0;
  if (!syntax::parse_pv(*parameter.text, {}, pv, used, context.findings)) return;
  if (std::optional<program::VariableUse> use = resolve_variable(context, pv))
    value.variable = context.variable(std::move(*use)) + 1;
}

/// "name => value"
std::pair<std::string_view, std::string_view> named_value(std::string_view text) {
  const auto without_blanks = [](std::string_view part) {
    part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
    return part.substr(0, part.find_last_not_of(" \t") + 1);
  };
  const std::size_t arrow = std::min(text.find("=>"), text.size());
  return {without_blanks(text.substr(0, arrow)), without_blanks(text.substr(std::min(arrow + 2, text.size())))};
}

/// The URL of a database needs a loaded module that reads it (and stores, where rows are added): SCHEME://... is read by the module db_SCHEME.
void check_database(Context& context, const Parameter& parameter, const std::string& url, text::Span span) {
  constexpr std::string_view kPrefix = "db_";
  const std::string driver = std::string(kPrefix) + url.substr(0, url.find(':'));
  std::string offered;
  const auto serves = [&](const modules::ModuleInterface& module) {
    return !module.pending && module.name.starts_with(kPrefix) && (module.stores || !parameter.stored) && (module.sql || !parameter.asked);
  };
  for (const modules::ModuleInterface* module : context.program.loaded)
    if (serves(*module) && module->name == driver) return;
  for (const modules::ModuleInterface* module : context.set.all())
    if (serves(*module))
      offered += (offered.empty() ? "" : ", ") + module->name.substr(kPrefix.size()) + ":// (module " + module->name + ")";
  context.findings.add("E0905", span, {parameter.module + "." + parameter.name, url, offered});
}

/// In programs that are built: every database that a loaded module reads.
void check_databases(Context& context, const std::map<const Parameter*, text::Span>& set_at) {
  for (const program::ParameterValue& value : context.program.parameters) {
    if (value.parameter->name != "db_url" || value.parameter->pending || value.parameter->ignored || value.is_null) continue;
    const std::string url = value.texts.empty() ? std::string() : value.texts.back();
    if (const auto at = set_at.find(value.parameter); at != set_at.end()) {
      check_database(context, *value.parameter, url, at->second);
      continue;
    }
    for (std::size_t i = 0; i < context.program.loaded.size(); ++i)
      if (context.program.loaded[i]->name == value.parameter->module && !context.program.loaded[i]->pending)
        check_database(context, *value.parameter, url, context.ast.modules[context.loaded_by[i]].span);
  }
}

void report_unknown(Context& context, const syntax::ModParam& line, const modules::ModuleInterface& module) {
  diagnostics::Finding& finding = context.findings.add("E0111", line.name_span, {module.name, line.name});
  std::vector<std::string_view> names;
  for (const Parameter& p : module.params) names.push_back(p.name);
  const std::string near = text::nearest(line.name, names);
  if (!near.empty()) finding.help("did you mean '" + near + "'?");
}

}  // namespace

bool check_declared(Context& context, const std::string& module, const std::vector<std::string>& parameters, const std::string& name, text::Span span) {
  if (parameters.empty()) return true;
  for (const program::ParameterValue& value : context.program.parameters) {
    if (value.parameter->module != module || std::find(parameters.begin(), parameters.end(), value.parameter->name) == parameters.end()) continue;
    for (std::string_view rest : value.texts) {
      if (named_value(rest).first == name) return true;
      while (!value.parameter->repeated && !rest.empty()) {   // a list
        const std::size_t end = std::min(rest.find(';'), rest.size());
        if (named_value(rest.substr(0, end)).first == name) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }
  std::string any;
  for (const std::string& parameter : parameters) any += (any.empty() ? "" : " or ") + parameter;
  context.findings.add("E0120", span, {name, any});
  return false;
}

void set_parameters(Context& context) {
  std::vector<program::ParameterValue>& values = context.program.parameters;
  std::map<const Parameter*, std::size_t> index;
  for (const modules::ModuleInterface* module : context.program.loaded)
    for (const Parameter& parameter : module->params) {
      index[&parameter] = values.size();
      values.push_back(default_of(parameter));
    }
  std::set<std::string> told;
  std::map<const Parameter*, text::Span> databases;
  std::map<std::size_t, const syntax::ModParam*> deciding;   // the last line of a parameter
  for (const syntax::ModParam& line : context.ast.modparams) {
    const ModulePattern pattern(line.module_pattern);
    if (!pattern.good()) {
      context.findings.add("E0701", line.module_span, {line.module_pattern, "it is no extended regular expression"});
      continue;
    }
    // Only modules that are loaded above the line count.
    bool any = false;
    for (std::size_t i = 0; i < line.modules_before; ++i)
      any = any || (other_module(context.ast.modules[i].name) && pattern.matches(module_name(context.ast.modules[i].name)));
    for (std::size_t i = 0; i < context.program.loaded.size(); ++i) {
      const modules::ModuleInterface* module = context.program.loaded[i];
      const bool above = context.loaded_by[i] < line.modules_before;
      if (module->name == "core" || !above || !pattern.matches(module->name)) continue;
      any = true;
      const Parameter* found = nullptr;
      for (const Parameter& parameter : module->params)
        if (parameter.name == line.name) found = &parameter;
      if (!found) {
        report_unknown(context, line, *module);
        continue;
      }
      set(context, *found, line, values[index[found]]);
      if (found->is_text == line.is_text && found->repeated) check_support(context, *found, line);
      if (found->is_text == line.is_text && !found->repeated) deciding[index[found]] = &line;
      if (found->name == "db_url") databases[found] = line.value_span;
      if (found->asked && context.building()) check_database(context, *found, std::string(named_value(line.text).second), line.value_span);
    }
    if (!any && told.insert(line.module_pattern).second) {  // one fault: the module; not one for each of its lines
      diagnostics::Finding& finding =
          context.findings.add_fault("not loaded: " + line.module_pattern, "E0114", line.module_span, {line.module_pattern});
      if (context.set.find(line.module_pattern))
        finding.help("put it below: loadmodule \"" + line.module_pattern + ".so\"");
    }
  }
  for (const auto& [at, line] : deciding) check_support(context, *values[at].parameter, *line);
  for (program::ParameterValue& value : values) set_default_variable(context, value);
  if (context.building()) check_databases(context, databases);
}

}  // namespace strowger::analysis
