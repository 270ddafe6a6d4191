// The root that the runtime starts from: `stw_script`, a ScriptImage (runtime/abi/image.h).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include <llvm/IR/Constants.h>

#include "compiler/codegen/unit.h"
#include "runtime/abi/image.h"
#include "runtime/abi/slots.h"

namespace strowger::codegen {
namespace {

std::uint32_t protocol_number(std::string_view name) {
  constexpr std::string_view kNames[] = {"", "udp", "tcp", "tls", "sctp", "ws", "wss"};
  for (std::uint32_t i = 1; i < std::size(kNames); ++i)
    if (kNames[i] == name) return i;
  return 0;
}

const char* entry_name(modules::Entry entry) {
  switch (entry) {
    case modules::Entry::Start: return "start";
    case modules::Entry::WorkerStart: return "worker_start";
    case modules::Entry::RequestIn: return "request_in";
    case modules::Entry::ReplyIn: return "reply_in";
    case modules::Entry::ScriptEnd: return "script_end";
    case modules::Entry::Tick: return "tick";
    case modules::Entry::Stop: return "stop";
  }
  return "";
}

}  // namespace

/// Writes the image's structs field by field.
class ImageWriter {
 public:
  explicit ImageWriter(Unit& unit) : unit_(unit), program_(unit.program()), abi_(unit.abi()) {}
  llvm::Constant* image(const GenerateOptions& options, const std::vector<llvm::Constant*>& regexes);

 private:
  using C = llvm::Constant*;
  using List = std::pair<C, C>;  ///< pointer and count

  C fields(const std::vector<C>& values) {
    std::vector<llvm::Type*> types;
    for (C value : values) types.push_back(value->getType());
    return llvm::ConstantStruct::get(llvm::StructType::get(unit_.module().getContext(), types), values);
  }
  C null() { return llvm::ConstantPointerNull::get(abi_.ptr); }
  C n(std::uint64_t value) { return unit_.number(static_cast<Int>(value)); }
  C u32(std::uint64_t value) { return llvm::ConstantInt::get(abi_.i32, value); }
  /// Unset texts are null.
  C text(const std::string& value) { return value.empty() ? unit_.null_text() : unit_.text(value); }
  List list(const std::vector<C>& items, const char* name) {
    return {items.empty() ? null() : unit_.array(items[0]->getType(), items, name), n(items.size())};
  }

  C only_route(RouteKind kind);
  List routes(std::initializer_list<RouteKind> kinds, const char* name);
  List sockets(const std::vector<syntax::SocketSpec>& sockets, const char* name);
  List modules();
  List core_params();
  List custom_params();
  List slots();
  List tables();
  List rpcs();

  Unit& unit_;
  const program::Program& program_;
  Abi& abi_;
};

llvm::Constant* ImageWriter::only_route(RouteKind kind) {
  for (std::size_t i = 0; i < program_.routes.size(); ++i)
    if (program_.routes[i].kind == kind && program_.routes[i].name.empty()) return unit_.entry_function(i);
  return null();
}

ImageWriter::List ImageWriter::routes(std::initializer_list<RouteKind> kinds, const char* name) {
  std::vector<C> items;
  for (const RouteKind kind : kinds)
    for (std::size_t i = 0; i < program_.routes.size(); ++i) {
      const program::Route& route = program_.routes[i];
      if (route.kind == kind && !route.name.empty())
        items.push_back(fields({unit_.text(route.name), unit_.entry_function(i), u32(route.kind), u32(route.span.line())}));
    }
  return list(items, name);
}

ImageWriter::List ImageWriter::sockets(const std::vector<syntax::SocketSpec>& sockets, const char* name) {
  std::vector<C> items;
  for (const syntax::SocketSpec& socket : sockets)
    items.push_back(fields({text(socket.host), u32(static_cast<std::uint64_t>(socket.port)),
                            u32(protocol_number(socket.protocol)), text(socket.advertise_host),
                            n(static_cast<std::uint64_t>(socket.advertise_port)), text(socket.name)}));
  return list(items, name);
}

ImageWriter::List ImageWriter::modules() {
  using modules::Entry;
  std::vector<C> items;
  for (const modules::ModuleInterface* module : program_.loaded) {
    std::vector<C> values = {unit_.text(module->name)};
    for (const Entry entry : {Entry::Start, Entry::WorkerStart, Entry::RequestIn, Entry::ReplyIn, Entry::ScriptEnd,
                              Entry::Tick, Entry::Stop}) {
      if (std::find(module->entries.begin(), module->entries.end(), entry) == module->entries.end()) {
        values.push_back(null());
        continue;
      }
      const bool answers = entry == Entry::RequestIn || entry == Entry::ReplyIn;
      values.push_back(abi_.declare("stw." + module->name + ".entry." + entry_name(entry),
                                    {answers ? Pass::Bool : Pass::Void, {Pass::Pointer}}));
    }
    items.push_back(fields(values));
  }
  return list(items, "modules");
}

ImageWriter::List ImageWriter::core_params() {
  std::vector<C> items;
  for (const program::CoreParameter& p : program_.core_parameters)
    items.push_back(fields({unit_.text(p.name), unit_.number(p.number), p.is_text ? unit_.text(p.text) : unit_.null_text()}));
  return list(items, "core_params");
}

ImageWriter::List ImageWriter::custom_params() {
  std::vector<C> items;
  for (const syntax::CustomParam& p : program_.custom) {
    if (p.has_instance) continue;   // the run time knows nothing of a group's instances yet
    items.push_back(fields({unit_.text(p.group), unit_.text(p.name), unit_.number(p.number),
                            p.is_text ? unit_.text(p.text) : unit_.null_text()}));
  }
  return list(items, "custom_params");
}

ImageWriter::List ImageWriter::slots() {
  std::vector<C> items;
  for (std::size_t i = 0; i < program_.slots.size(); ++i) {
    Int bits = 0;
    if (i < program_.slot_facts.size()) {
      if (!program_.slot_facts[i].nullable) bits |= kStartsAsZero;
      if (!program_.slot_facts[i].persists) bits |= kLocalToRun;
    }
    items.push_back(fields({unit_.text(program_.slots[i]), n(static_cast<std::uint64_t>(bits))}));
  }
  return list(items, "slots");
}

ImageWriter::List ImageWriter::tables() {
  std::vector<C> items;
  for (const std::string& name : program_.tables) items.push_back(unit_.text(name));
  return list(items, "tables");
}

/// The commands of all loaded modules, by name; none where no front end could ask for them.
ImageWriter::List ImageWriter::rpcs() {
  std::vector<const modules::Rpc*> found;
  bool wanted = false;
  for (const modules::ModuleInterface* module : program_.loaded) {
    wanted = wanted || (module->wants_rpc && !module->pending);
    for (const modules::Rpc& rpc : module->rpcs)
      if (!rpc.pending) found.push_back(&rpc);
  }
  if (!wanted) found.clear();
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  std::vector<C> items;
  for (const modules::Rpc* rpc : found)
    items.push_back(fields({unit_.text(rpc->name), abi_.declare(rpc->symbol, {Pass::Void, {Pass::Pointer}}),
                            n(rpc->is_array ? 1 : 0), unit_.text(rpc->doc)}));
  return list(items, "rpcs");
}

llvm::Constant* ImageWriter::image(const GenerateOptions& options, const std::vector<llvm::Constant*>& regexes) {
  std::vector<C> values = {n(ScriptImage{}.abi_version),
                           text(program_.ast && program_.ast->root ? program_.ast->root->path : ""),
                           text(options.cfg_hash),
                           text(options.toolchain_version),
                           only_route(kRequestRoute),
                           only_route(kCoreReplyRoute),
                           only_route(kOnsendRoute)};
  const auto add = [&](const List& list) {
    values.push_back(list.first);
    values.push_back(list.second);
  };
  add(routes({kRequestRoute, kReplyRoute}, "routes"));   // reply routes: parameters of modules name them
  add(sockets(program_.listens, "listens"));
  add(sockets(program_.aliases, "aliases"));
  add(modules());
  add(core_params());
  add(custom_params());
  add(slots());
  add(tables());
  llvm::Function* prefix = unit_.log_prefix();  // may add regexes
  add(list(regexes, "regexes"));
  values.push_back(prefix ? static_cast<C>(prefix) : null());
  add(routes({kEventRoute}, "event_routes"));
  add(rpcs());
  values.push_back(unit_.re2_compiler());
  values.push_back(unit_.marks());
  values.push_back(n(unit_.covered().size()));
  for (const modules::ModuleInterface* module : program_.loaded)
    if (module->stores) unit_.needs_ |= kNeedsFiles;
  values.push_back(n(unit_.needs_));
  return fields(values);
}

void Unit::called(const modules::Function& function) {
  for (const std::string& effect : function.does) {
    if (effect == "file") needs_ |= kNeedsFiles;
    if (effect == "exec") needs_ |= kNeedsPrograms;
  }
}

void Unit::emit_image() {
  llvm::Constant* value = ImageWriter(*this).image(options_, compiled_at_start_);
  const llvm::DataLayout& layout = module_->getDataLayout();
  if (layout.getTypeAllocSize(value->getType()) != sizeof(ScriptImage))
    fault("ScriptImage has " + std::to_string(sizeof(ScriptImage)) + " bytes, not " +
          std::to_string(layout.getTypeAllocSize(value->getType()).getFixedValue()));
  auto* global =
      new llvm::GlobalVariable(*module_, value->getType(), true, llvm::GlobalValue::ExternalLinkage, value, "stw_script");
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  global->setAlignment(llvm::Align(8));
}

}  // namespace strowger::codegen
