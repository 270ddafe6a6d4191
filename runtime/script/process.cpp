// A process: settings and aliases from the image, sockets, what is ours, start and stop of the modules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/process.h"

#include <algorithm>
#include <cctype>
#include <deque>

#include "runtime/script/live_message.h"
#include "runtime/script/regex.h"
#include "runtime/script/resolver.h"
#include "runtime/script/worker.h"
#include "runtime/sip/message.h"

namespace strowger {
namespace {

std::string lower(Text text) {
  std::string out(text.view());
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_text(Text a, std::string_view b) { return a.view() == b; }

/// "TCP", "Tcp" ...
std::optional<sip::Protocol> parse_protocol_word(Text word) { return sip::parse_protocol(lower(word)); }

}  // namespace

struct Process::Strings {
  std::deque<std::string> texts;     // stable addresses
  std::unique_ptr<Dns> dns;
  Text keep(std::string text) {
    texts.push_back(std::move(text));
    return std::string_view(texts.back());
  }
};

Process::Process(const ScriptImage& script, LogSink& sink) : image(script), log(sink), strings_(std::make_unique<Strings>()) {
  const std::string version = image.toolchain_version.empty() ? "0.1.0" : std::string(image.toolchain_version.view());
  settings.server_header = "Server: strowger (" + version + ")";
  settings.user_agent_header = "User-Agent: strowger (" + version + ")";
  read_settings();
}

Process::~Process() = default;

void Process::read_settings() {
  for (std::uint64_t i = 0; i < image.core_param_count; ++i) {
    const CoreParam& p = image.core_params[i];
    const int number = static_cast<int>(p.number);
    if (is_text(p.name, "debug")) settings.debug = number;
    else if (is_text(p.name, "server_signature")) settings.server_signature = number != 0;
    else if (is_text(p.name, "server_header")) settings.server_header = p.text.view();
    else if (is_text(p.name, "user_agent_header")) settings.user_agent_header = p.text.view();
    else if (is_text(p.name, "force_rport")) settings.force_rport = number != 0;
    else if (is_text(p.name, "local_rport")) settings.local_rport = number != 0;
    else if (is_text(p.name, "max_branches")) settings.max_branches = number < 1 ? 1 : number > kMaxBranches - 1 ? kMaxBranches - 1 : number;
    else if (is_text(p.name, "server_id")) settings.server_id = p.number;
    else if (is_text(p.name, "onsend_route_reply")) settings.onsend_route_reply = number != 0;
    else if (is_text(p.name, "advertised_address")) settings.advertised_address = p.text.view();
    else if (is_text(p.name, "advertised_port")) settings.advertised_port = number;
    else if (is_text(p.name, "phone2tel")) settings.phone2tel = number != 0;
    else if (is_text(p.name, "auto_aliases")) settings.auto_aliases = number != 0;
    else if (is_text(p.name, "udp_mtu")) settings.udp_mtu = number > 0 ? static_cast<std::size_t>(number) : 0;
    else if (is_text(p.name, "udp_mtu_try_proto")) settings.mtu_protocol = parse_protocol_word(p.text).value_or(sip::Protocol::Any);
    else if (is_text(p.name, "received_route_mode")) settings.received_route = number != 0;
  }
}

Socket& Process::add_socket(sip::Protocol protocol, const sip::Address& address, Text advertised_host,
                            std::uint16_t advertised_port, Text name) {
  auto socket = std::make_unique<Socket>();
  socket->id = static_cast<std::uint16_t>(sockets.size());
  socket->protocol = protocol;
  socket->address = address;
  char host[64];
  socket->host = strings_->keep(std::string(host, sip::print_ip_bracketed(address, host)));
  if (!advertised_host.empty()) socket->advertised_host = strings_->keep(std::string(advertised_host.view()));
  socket->advertised_port = advertised_port;
  if (!name.empty()) socket->name = strings_->keep(std::string(name.view()));
  sockets.push_back(std::move(socket));
  set_port(*sockets.back(), address.port);
  return *sockets.back();
}

void Process::add_carried_sockets(sip::Protocol base, sip::Protocol protocol) {
  const std::size_t count = sockets.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (sockets[i]->protocol != base) continue;
    auto socket = std::make_unique<Socket>(*sockets[i]);   // all its texts, too: "tcp:..." is what scripts may call it
    socket->id = static_cast<std::uint16_t>(sockets.size());
    socket->protocol = protocol;
    socket->name = Text::null();
    socket->carried = true;
    sockets.push_back(std::move(socket));
  }
}

void Process::set_port(Socket& socket, std::uint16_t port) {
  socket.address.port = port;
  const std::string host(socket.host.view());
  socket.as_text = strings_->keep(std::string(sip::name_of(socket.protocol).view()) + ":" + host + ":" + std::to_string(port));
  socket.uri = port == 0 ? Text::null() : strings_->keep("sip:" + host + ":" + std::to_string(port));
  // advertised_address and advertised_port are for the Via of sockets that advertise nothing of their own.
  const bool own = !socket.advertised_host.is_null();
  const std::uint16_t advertised = own ? socket.advertised_port : static_cast<std::uint16_t>(settings.advertised_port);
  const std::uint16_t shown = advertised ? advertised : port;
  std::string sent_by = own ? std::string(socket.advertised_host.view()) : settings.advertised_address.empty() ? host : settings.advertised_address;
  const bool plain = shown == 5060 && (own || advertised == 0) && socket.protocol != sip::Protocol::Tls && socket.protocol != sip::Protocol::Wss;
  if (!plain) sent_by += ":" + std::to_string(shown);
  socket.via_sent_by = strings_->keep(std::move(sent_by));
}

void Process::add_aliases() {
  for (std::uint64_t i = 0; i < image.alias_count; ++i) {
    const SocketDecl& a = image.aliases[i];
    const Alias alias{std::string(a.host.view()), static_cast<std::uint16_t>(a.port), static_cast<sip::Protocol>(a.protocol)};
    const bool known = std::any_of(aliases.begin(), aliases.end(), [&](const Alias& one) {
      return !one.declares && one.port == alias.port && one.protocol == alias.protocol && sip::equal_ignore_case(a.host, std::string_view(one.host));
    });
    if (!known) aliases.push_back(alias);
  }
  if (!settings.advertised_address.empty())              // routes and Vias that name it come back
    for (const auto& socket : sockets) {
      const int port = settings.advertised_port ? settings.advertised_port : socket->address.port;
      aliases.push_back({settings.advertised_address, static_cast<std::uint16_t>(port), socket->protocol});
    }
  if (!settings.auto_aliases) return;
  for (const auto& socket : sockets)
    for (const HostName& host : hosts)
      if (host.address.same_ip(socket->address)) aliases.push_back({host.name, socket->address.port, socket->protocol});
}

bool Process::start() {
  if (hosts.empty()) hosts = read_hosts("/etc/hosts");
  add_aliases();
  if (std::string why; !prepare_regexes(image, why)) {
    log.write(LogLevel::Crit, "<core>: " + why);
    return false;
  }
  module_state.resize(kResolverSlot + 1, nullptr);
  strings_->dns = std::make_unique<Dns>(*this);
  module_state[kResolverSlot] = strings_->dns.get();
  for (std::uint64_t i = 0; i < image.module_count; ++i) {
    const ModuleImage& module = image.modules[i];
    if (module.request_in) request_in.push_back(module.request_in);
    if (module.reply_in) reply_in.push_back(module.reply_in);
    if (module.script_end) script_end.push_back(module.script_end);
    if (module.tick) tick.push_back(module.tick);
  }
  reply_end = settings.server_signature && !settings.server_header.empty() ? settings.server_header + "\r\n" : "";
  reply_end += "Content-Length: 0\r\n\r\n";
  pre_routing = event_route("core:pre-routing");
  if (settings.received_route) msg_received = event_route("core:msg-received");
  parse_error = event_route("core:receive-parse-error");
  for (std::uint64_t i = 0; i < image.module_count && !failed; ++i)
    if (image.modules[i].start) image.modules[i].start(*this);
  return !failed;
}

void Process::stop() {
  for (std::uint64_t i = image.module_count; i-- > 0;)
    if (image.modules[i].stop) image.modules[i].stop(*this);
}

ScriptCounter& Process::add_script_counter(std::string group, std::string name, std::string doc) {
  if (ScriptCounter* const old = find_script_counter(group, name)) return *old;
  script_counters.push_back(std::make_unique<ScriptCounter>());
  ScriptCounter& counter = *script_counters.back();
  counter.group = std::move(group);
  counter.name = std::move(name);
  counter.doc = std::move(doc);
  statistics.push_back({counter.group, counter.name, nullptr, false, &counter});
  return counter;
}

ScriptCounter* Process::find_script_counter(std::string_view group, std::string_view name) const {
  for (const auto& counter : script_counters)
    if (counter->name == name && (group.empty() || counter->group == group)) return counter.get();
  return nullptr;
}

RouteFunction Process::event_route(std::string_view name) const {
  for (std::uint64_t i = 0; i < image.event_route_count; ++i)
    if (image.event_routes[i].name.view() == name) return image.event_routes[i].function;
  return nullptr;
}

}  // namespace strowger
