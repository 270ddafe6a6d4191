// Tests of a whole proxy process over loopback: datagrams, streams, workers, signals, exit codes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "runtime/net/stream_transport.h"
#include "runtime/net/udp_socket.h"
#include "runtime/script/call.h"
#include "runtime/script/forward.h"
#include "runtime/server/forked_proxy.h"

namespace strowger::server {
namespace test {

ForkedProxy::ForkedProxy(const ScriptImage& image, std::vector<std::string> arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    std::vector<char*> argv;
    std::string name = "proxy";
    argv.push_back(name.data());
    for (auto& argument : arguments) argv.push_back(argument.data());
    const int code = run_proxy(image, static_cast<int>(argv.size()), argv.data());
    std::fflush(stdout);
    _exit(code);
  }
  close(ends[1]);
  pipe_ = ends[0];
}

ForkedProxy::~ForkedProxy() {
  if (pid_ > 0 && !ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (pipe_ >= 0) close(pipe_);
}

bool ForkedProxy::read_some(int milliseconds) {
  pollfd one{pipe_, POLLIN, 0};
  if (poll(&one, 1, milliseconds) <= 0) return true;
  char bytes[4096];
  const ssize_t n = read(pipe_, bytes, sizeof bytes);
  if (n <= 0) return false;
  output.append(bytes, static_cast<std::size_t>(n));
  return true;
}

bool ForkedProxy::wait_for(std::string_view part, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (output.find(part) == std::string::npos) {
    if (std::chrono::steady_clock::now() > end || !read_some(20)) return output.find(part) != std::string::npos;
  }
  return true;
}

void ForkedProxy::signal(int number) const { kill(pid_, number); }

int ForkedProxy::wait_exit(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end && read_some(20)) {
  }
  int status = 0;
  for (;;) {
    if (waitpid(pid_, &status, WNOHANG) == pid_) break;
    if (std::chrono::steady_clock::now() > end) return -1;
    usleep(5000);
  }
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace test

namespace {

using test::ForkedProxy;

/// Answers every request with 200 and logs MESSAGE requests.
Int answer(Call* call) {
  if (call->message().method_bit() == kMessage) call->log(LogLevel::Info, "<script>: got a message");
  if (call->message().method_bit() == kAck) return 1;
  send_local_reply(*call, 200, "OK", "tag-of-us", Text::null(), Text::null(), Text::null());
  return 1;
}

ScriptImage answering_image() {
  ScriptImage image;
  image.cfg_path = "test.cfg";
  image.cfg_hash = "0123456789abcdef";
  image.toolchain_version = "0.0.test";
  image.request_route = answer;
  return image;
}

sip::Address loopback(std::uint16_t port) { return {4, port, {127, 0, 0, 1}}; }

/// Sends every request on over TCP to the port in its Subject header; replies are logged.
Int relay_over_tcp(Call* call) {
  const std::string subject(call->message().value_of(sip::HeaderId::Subject).view());
  Departure departure;
  departure.from = call->live->socket;
  departure.to = loopback(static_cast<std::uint16_t>(std::atoi(subject.c_str())));
  departure.protocol = sip::Protocol::Tcp;
  departure.cookie = static_cast<std::uint64_t>(std::atoi(std::string(call->message().value_of(sip::HeaderId::Subject).view()).c_str()));
  call->worker->outbox.push(departure, call->message().buffer());
  return 1;
}
Int log_reply(Call* call) {
  call->log(LogLevel::Alert, "<script>: reply " + std::to_string(call->message().status()) + " of " +
                                 std::string(call->message().call_id().view()));
  call->dropped = 1;
  return 1;
}

std::string request(std::string_view method, int number, std::string_view transport = "UDP", std::string_view body = "") {
  std::ostringstream text;
  text << method << " sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/" << transport << " 127.0.0.1:22999;rport;branch=z9hG4bK-" << number
       << "\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=" << number << "\r\nTo: <sip:b@x>\r\nCall-ID: call-" << number
       << "@127.0.0.1\r\nCSeq: 1 " << method << "\r\nContent-Length: " << body.size() << "\r\n\r\n" << body;
  return text.str();
}

/// A plain blocking socket with a receive timeout.
net::Descriptor open_socket(int type, const sip::Address& to) {
  net::Descriptor fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const timeval limit{5, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_storage address{};
  const socklen_t length = net::to_sockaddr(to, address);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) fd.reset();
  return fd;
}

std::string call_id_of(std::string_view text) {
  const std::size_t at = text.find("Call-ID: ");
  return at == std::string_view::npos ? "" : std::string(text.substr(at + 9, text.find("\r\n", at) - at - 9));
}

/// Sends `count` requests, 50 at a time, and gives how many different ones were answered with 200.
std::size_t exchange(int count, std::uint16_t port) {
  const net::Descriptor fd = open_socket(SOCK_DGRAM, loopback(port));
  std::set<std::string> answered;
  char bytes[65536];
  for (int sent = 0; sent < count;) {
    const int first = sent;
    for (; sent < count && sent < first + 50; ++sent) {
      const std::string text = request("OPTIONS", sent);
      if (::send(fd.get(), text.data(), text.size(), 0) < 0) return answered.size();
    }
    for (int i = first; i < sent; ++i) {
      const ssize_t n = recv(fd.get(), bytes, sizeof bytes, 0);
      if (n <= 0) return answered.size();
      const std::string_view text(bytes, static_cast<std::size_t>(n));
      if (text.starts_with("SIP/2.0 200 ")) answered.insert(call_id_of(text));
    }
  }
  return answered.size();
}

TEST(Proxy, answers_a_thousand_datagrams_with_one_worker) {
  const ScriptImage image = answering_image();
  ForkedProxy proxy(image, {"-l", "udp:127.0.0.1:22001", "-n", "1"});
  ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
  EXPECT_EQ(exchange(1000, 22001), 1000u);
  proxy.signal(SIGTERM);
  EXPECT_EQ(proxy.wait_exit(), 0) << proxy.output;
}

TEST(Proxy, answers_a_thousand_datagrams_with_four_workers) {
  const ScriptImage image = answering_image();
  ForkedProxy proxy(image, {"--listen=udp:127.0.0.1:22002", "--workers", "4"});
  ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
  // One source address: the kernel gives all of it to one worker, which hands most of it on.
  EXPECT_EQ(exchange(1000, 22002), 1000u);
  proxy.signal(SIGINT);
  EXPECT_EQ(proxy.wait_exit(), 0) << proxy.output;
}

/// Reads until `count` whole replies without body have come; what was read.
std::string read_replies(int fd, int count) {
  std::string text;
  char bytes[16384];
  for (;;) {
    int whole = 0;
    for (std::size_t at = text.find("\r\n\r\nSIP/2.0"); at != std::string::npos; at = text.find("\r\n\r\nSIP/2.0", at + 1)) ++whole;
    if (text.size() > 4 && text.ends_with("\r\n\r\n") && text.find("SIP/2.0") != std::string::npos) ++whole;
    if (whole >= count) return text;
    const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) return text;
    text.append(bytes, static_cast<std::size_t>(n));
  }
}

TEST(Proxy, answers_over_tcp_whole_in_pieces_and_joined) {
  const ScriptImage image = answering_image();
  for (const char* workers : {"1", "3"}) {
    ForkedProxy proxy(image, {"-l", "tcp:127.0.0.1:22003", "-n", workers});
    ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
    const net::Descriptor fd = open_socket(SOCK_STREAM, loopback(22003));
    ASSERT_TRUE(fd);
    std::string text = request("MESSAGE", 1, "TCP", "hello");
    ASSERT_GT(::send(fd.get(), text.data(), text.size(), 0), 0);
    EXPECT_EQ(call_id_of(read_replies(fd.get(), 1)), "call-1@127.0.0.1");
    text = request("MESSAGE", 2, "TCP", "in pieces");
    for (std::size_t at = 0; at < text.size(); at += 50) {
      ASSERT_GT(::send(fd.get(), text.data() + at, std::min<std::size_t>(50, text.size() - at), 0), 0);
      usleep(2000);
    }
    EXPECT_EQ(call_id_of(read_replies(fd.get(), 1)), "call-2@127.0.0.1");
    text.clear();
    for (int i = 0; i < 100; ++i) text += request("MESSAGE", 100 + i, "TCP", "joined");
    ASSERT_EQ(::send(fd.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    const std::string replies = read_replies(fd.get(), 100);
    for (int i = 0; i < 100; ++i)
      EXPECT_NE(replies.find("Call-ID: call-" + std::to_string(100 + i) + "@"), std::string::npos) << i;
    ASSERT_EQ(::send(fd.get(), "\r\n\r\n", 4, 0), 4);
    char pong[16];
    EXPECT_EQ(recv(fd.get(), pong, sizeof pong, 0), 2);
    // A stream that cannot be followed is closed.
    const std::string_view bad = "MESSAGE sip:x SIP/2.0\r\nCall-ID: x\r\n\r\n";
    ASSERT_GT(::send(fd.get(), bad.data(), bad.size(), 0), 0);
    EXPECT_EQ(recv(fd.get(), pong, sizeof pong, 0), 0);
    proxy.signal(SIGTERM);
    EXPECT_EQ(proxy.wait_exit(), 0) << proxy.output;
  }
}

TEST(Proxy, refuses_connections_beyond_the_limit_and_lives_on) {
  ScriptImage image = answering_image();
  const CoreParam params[] = {{"tcp_max_connections", 2, Text::null()}, {"children", 1, Text::null()}};
  image.core_params = params;
  image.core_param_count = 2;
  ForkedProxy proxy(image, {"-l", "tcp:127.0.0.1:22004"});
  ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
  const net::Descriptor one = open_socket(SOCK_STREAM, loopback(22004)), two = open_socket(SOCK_STREAM, loopback(22004));
  const std::string text = request("MESSAGE", 1, "TCP");
  for (const auto* fd : {&one, &two}) {
    ASSERT_GT(::send(fd->get(), text.data(), text.size(), 0), 0);
    EXPECT_NE(read_replies(fd->get(), 1), "");
  }
  const net::Descriptor three = open_socket(SOCK_STREAM, loopback(22004));
  char byte = 0;
  EXPECT_EQ(recv(three.get(), &byte, 1, 0), 0);
  EXPECT_TRUE(proxy.wait_for("no more connections by tcp_max_connections"));
  ASSERT_GT(::send(one.get(), text.data(), text.size(), 0), 0);
  EXPECT_NE(read_replies(one.get(), 1), "");
}

TEST(Proxy, a_via_with_alias_makes_the_connection_the_way_back) {
  ScriptImage image = answering_image();
  image.request_route = [](Call* call) -> Int {
    return call->live->socket->protocol == sip::Protocol::Tcp ? answer(call) : relay_over_tcp(call);
  };
  const CoreParam params[] = {{"tcp_accept_aliases", 1, Text::null()}};
  image.core_params = params;
  image.core_param_count = 1;
  for (const char* workers : {"1", "3"}) {
    ForkedProxy proxy(image, {"-l", "udp:127.0.0.1:22015", "-l", "tcp:127.0.0.1:22015", "-n", workers});
    ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
    const net::Descriptor peer = open_socket(SOCK_STREAM, loopback(22015)), fd = open_socket(SOCK_DGRAM, loopback(22015));
    std::string text = request("OPTIONS", 1, "TCP");
    text.replace(text.find(":22999;"), 7, ":22022;alias;");
    ASSERT_GT(::send(peer.get(), text.data(), text.size(), 0), 0);
    EXPECT_NE(read_replies(peer.get(), 1), "");
    text = request("MESSAGE", 2);
    text.insert(text.find("Content-Length"), "Subject: 22022\r\n");   // nobody listens there
    ASSERT_GT(::send(fd.get(), text.data(), text.size(), 0), 0);
    char bytes[4096];
    const ssize_t n = recv(peer.get(), bytes, sizeof bytes, 0);
    ASSERT_GT(n, 0) << proxy.output;
    EXPECT_EQ(call_id_of({bytes, static_cast<std::size_t>(n)}), "call-2@127.0.0.1");
  }
}

TEST(Proxy, becomes_the_user_of_the_script_once_it_has_bound) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  ScriptImage image = answering_image();
  const CoreParam params[] = {{"user", 0, "nobody"}, {"workdir", 0, "/"}};
  image.core_params = params;
  image.core_param_count = 2;
  {
    ForkedProxy proxy(image, {"-l", "udp:127.0.0.1:22016", "-n", "1"});
    ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
    std::ifstream status("/proc/" + std::to_string(proxy.pid()) + "/status");
    std::stringstream text;
    text << status.rdbuf();
    EXPECT_NE(text.str().find("Uid:\t65534\t65534\t65534\t65534"), std::string::npos);
    EXPECT_NE(text.str().find("Gid:\t65534\t65534\t65534\t65534"), std::string::npos);
    EXPECT_EQ(exchange(10, 22016), 10u);
  }
  const CoreParam bad[] = {{"user", 0, "no-such-user-here"}};
  image.core_params = bad;
  image.core_param_count = 1;
  ForkedProxy proxy(image, {"-l", "udp:127.0.0.1:22016", "-n", "1"});
  EXPECT_EQ(proxy.wait_exit(), 77);
  EXPECT_NE(proxy.output.find("no user 'no-such-user-here'"), std::string::npos) << proxy.output;
}

TEST(Proxy, closes_connections_that_are_idle_or_stop_in_a_message) {
  ScriptImage image = answering_image();
  const CoreParam params[] = {{"tcp_connection_lifetime", 2, Text::null()}, {"tcp_msg_read_timeout", 1, Text::null()}};
  image.core_params = params;
  image.core_param_count = 2;
  ForkedProxy proxy(image, {"-l", "tcp:127.0.0.1:22013", "-n", "1"});
  ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
  const auto begin = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const net::Descriptor idle = open_socket(SOCK_STREAM, loopback(22013)), stuck = open_socket(SOCK_STREAM, loopback(22013));
  ASSERT_GT(::send(stuck.get(), "MESSAGE sip:x", 13, 0), 0);
  char byte = 0;
  EXPECT_EQ(recv(stuck.get(), &byte, 1, 0), 0);
  EXPECT_GE(passed(), 0.9);
  EXPECT_LT(passed(), 4);
  EXPECT_EQ(recv(idle.get(), &byte, 1, 0), 0);
  EXPECT_GE(passed(), 1.9);
}

TEST(Proxy, a_peer_that_does_not_read_is_cut_off) {
  ScriptImage image = answering_image();
  const CoreParam params[] = {{"tcp_send_timeout", 1, Text::null()}};
  image.core_params = params;
  image.core_param_count = 1;
  ForkedProxy proxy(image, {"-l", "tcp:127.0.0.1:22014", "-n", "1"});
  ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
  const net::Descriptor fd = open_socket(SOCK_STREAM, loopback(22014));
  std::string text;
  for (int i = 0; i < 200; ++i) text += request("OPTIONS", i, "TCP");
  const timeval limit{1, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  bool cut_off = false;
  for (int i = 0; i < 2000 && !cut_off; ++i) cut_off = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0;
  EXPECT_TRUE(cut_off);
  EXPECT_TRUE(proxy.wait_for("bytes wait and it does not read")) << proxy.output;
}

TEST(Proxy, an_address_in_use_is_exit_69_and_says_which) {
  const ScriptImage image = answering_image();
  for (const char* workers : {"1", "2"}) {
    const net::Descriptor taken = net::open_udp(loopback(22005), true, {});
    ASSERT_TRUE(taken);
    ForkedProxy proxy(image, {"-l", "udp:127.0.0.1:22005", "-n", workers});
    EXPECT_EQ(proxy.wait_exit(), 69);
    EXPECT_NE(proxy.output.find("udp:127.0.0.1:22005: the address is in use"), std::string::npos) << proxy.output;
  }
}

TEST(Proxy, exit_codes_tell_usage_from_configuration) {
  const ScriptImage image = answering_image();
  struct Case { std::vector<std::string> arguments; int code; std::string says; };
  const Case cases[] = {
      {{"--nonsense"}, 64, "unknown option '--nonsense'"},
      {{"-n", "0"}, 64, "a number from 1 to 255"},
      {{"-n"}, 64, "needs a value"},
      {{"-l", "udp:no.such.host.invalid:22006"}, 78, "no.such.host.invalid"},
      {{"-l", "sctp:127.0.0.1:22006"}, 78, "listening is for udp, tcp and tls"},
      {{"-l", "udp:192.0.2.77:22006"}, 78, "does not have the address"},
      {{"--log-target", "/no/such/dir/log", "-l", "udp:127.0.0.1:22006"}, 78, "cannot open log file"},
      {{"--help"}, 0, "--state-dir DIR"},
      {{"--version"}, 0, "0123456789abcdef"},
      {{"--check", "-l", "udp:127.0.0.1:22006"}, 0, "configuration is good"},
      {{"--print-config", "-l", "udp:127.0.0.1:22006", "-n", "3"}, 0, "listen"},
  };
  for (const auto& c : cases) {
    ForkedProxy proxy(image, c.arguments);
    EXPECT_EQ(proxy.wait_exit(), c.code) << c.arguments[0];
    EXPECT_NE(proxy.output.find(c.says), std::string::npos) << proxy.output;
  }
}

TEST(Proxy, the_script_says_where_to_listen_and_the_command_line_wins) {
  ScriptImage image = answering_image();
  SocketDecl listen;
  listen.host = "127.0.0.1";
  listen.port = 22007;
  listen.protocol = 1;
  image.listens = &listen;
  image.listen_count = 1;
  {
    ForkedProxy proxy(image, {"-n", "1"});
    ASSERT_TRUE(proxy.wait_for("listening on udp:127.0.0.1:22007")) << proxy.output;
    ASSERT_TRUE(proxy.wait_ready());
    EXPECT_EQ(exchange(10, 22007), 10u);
  }
  ForkedProxy proxy(image, {"-n", "1", "-l", "udp:127.0.0.1:22008"});
  ASSERT_TRUE(proxy.wait_for("listening on udp:127.0.0.1:22008")) << proxy.output;
  EXPECT_EQ(proxy.output.find("22007"), std::string::npos);
}

TEST(Proxy, script_lines_go_to_the_log_and_a_rotated_file_is_opened_again) {
  ScriptImage image = answering_image();
  const CoreParam params[] = {{"debug", 2, Text::null()}};
  image.core_params = params;
  image.core_param_count = 1;
  const std::string path = testing::TempDir() + "/strowger-" + std::to_string(getpid()) + ".log";
  const auto lines = [](const std::string& file) {
    std::ifstream in(file);
    std::map<std::string, int> count;
    for (std::string line; std::getline(in, line);) ++count[line];
    return count;
  };
  ForkedProxy proxy(image, {"-n", "1", "-l", "udp:127.0.0.1:22009", "--log-target", path});
  const auto until = [&](const std::function<bool()>& done) {
    for (int i = 0; i < 500 && !done(); ++i) usleep(10000);
    return done();
  };
  ASSERT_TRUE(until([&] { return lines(path)["ready"] == 1; }));
  const net::Descriptor fd = open_socket(SOCK_DGRAM, loopback(22009));
  char bytes[2048];
  const auto message = [&](int n) {
    const std::string text = request("MESSAGE", n);
    return ::send(fd.get(), text.data(), text.size(), 0) > 0 && recv(fd.get(), bytes, sizeof bytes, 0) > 0;
  };
  ASSERT_TRUE(message(1));
  EXPECT_TRUE(until([&] { return lines(path)["INFO: <script>: got a message"] == 1; }));
  ASSERT_EQ(rename(path.c_str(), (path + ".1").c_str()), 0);
  proxy.signal(SIGHUP);
  ASSERT_TRUE(until([&] { return access(path.c_str(), F_OK) == 0; }));
  ASSERT_TRUE(message(2));
  EXPECT_TRUE(until([&] { return lines(path)["INFO: <script>: got a message"] == 1; }));
  EXPECT_EQ(lines(path + ".1")["INFO: <script>: got a message"], 1);
  proxy.signal(SIGTERM);
  EXPECT_EQ(proxy.wait_exit(), 0);
  unlink(path.c_str());
  unlink((path + ".1").c_str());
}

TEST(Proxy, tells_the_service_manager) {
  const std::string path = testing::TempDir() + "/notify-" + std::to_string(getpid());
  unlink(path.c_str());
  const net::Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const timeval limit{10, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const ScriptImage image = answering_image();
  ForkedProxy proxy(image, {"-n", "1", "-l", "udp:127.0.0.1:22010"});
  unsetenv("NOTIFY_SOCKET");
  char bytes[64];
  const ssize_t n = recv(fd.get(), bytes, sizeof bytes, 0);
  ASSERT_GT(n, 0);
  EXPECT_EQ(std::string_view(bytes, static_cast<std::size_t>(n)), "READY=1");
  unlink(path.c_str());
}

TEST(Proxy, connects_reuses_the_connection_and_reports_what_could_not_be_sent) {
  ScriptImage image = answering_image();
  image.request_route = relay_over_tcp;
  image.reply_route = log_reply;
  ModuleImage module;
  module.name = "test";
  module.start = [](Process& process) {
    process.services.send_failed = [](Worker& worker, std::uint64_t cookie) {
      worker.log(LogLevel::Alert, "<script>: could not send " + std::to_string(cookie));
    };
  };
  image.modules = &module;
  image.module_count = 1;
  const net::Descriptor listener = net::open_listener(loopback(22020), false);
  ASSERT_TRUE(listener);
  fcntl(listener.get(), F_SETFL, 0);
  for (const char* workers : {"1", "3"}) {
    ForkedProxy proxy(image, {"-l", "udp:127.0.0.1:22012", "-l", "tcp:127.0.0.1:22012", "-n", workers});
    ASSERT_TRUE(proxy.wait_ready()) << proxy.output;
    const net::Descriptor fd = open_socket(SOCK_DGRAM, loopback(22012));
    const auto relay = [&](int number, int port) {
      std::string text = request("MESSAGE", number, "UDP", "hello");
      text.insert(text.find("Content-Length"), "Subject: " + std::to_string(port) + "\r\n");
      return ::send(fd.get(), text.data(), text.size(), 0) > 0;
    };
    ASSERT_TRUE(relay(1, 22021));                    // nobody listens there
    EXPECT_TRUE(proxy.wait_for("could not send 22021")) << proxy.output;
    ASSERT_TRUE(relay(2, 22020));
    const net::Descriptor peer(accept(listener.get(), nullptr, nullptr));
    ASSERT_TRUE(peer);
    const timeval limit{5, 0};
    setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string got;
    char bytes[4096];
    const auto read_until = [&](const std::string& part) {
      while (got.find(part) == std::string::npos) {
        const ssize_t n = recv(peer.get(), bytes, sizeof bytes, 0);
        if (n <= 0) return false;
        got.append(bytes, static_cast<std::size_t>(n));
      }
      return true;
    };
    EXPECT_TRUE(read_until("call-2@"));
    for (int i = 3; i < 40; ++i) ASSERT_TRUE(relay(i, 22020));   // calls of every worker, over the one connection
    for (int i = 3; i < 40; ++i) EXPECT_TRUE(read_until("call-" + std::to_string(i) + "@"));
    for (int i = 3; i < 40; ++i) {
      const std::string reply = "SIP/2.0 202 Accepted\r\nVia: SIP/2.0/TCP 127.0.0.1:22012;branch=z9hG4bK-" + std::to_string(i) +
                                "\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: call-" + std::to_string(i) +
                                "@127.0.0.1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n";
      ASSERT_GT(::send(peer.get(), reply.data(), reply.size(), 0), 0);
    }
    for (int i = 3; i < 40; ++i) EXPECT_TRUE(proxy.wait_for("reply 202 of call-" + std::to_string(i) + "@")) << i;
    pollfd waiting{listener.get(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 0), 0);
    proxy.signal(SIGTERM);
    EXPECT_EQ(proxy.wait_exit(), 0) << proxy.output;
  }
}

// The module of the drain test: a transaction that ends 400 ms after the first question.
std::uint64_t unfinished_for_a_while(Worker& worker) {
  static thread_local Millis first = worker.now.mono;
  return worker.now.mono - first < 400 ? 1 : 0;
}

TEST(Proxy, sigterm_lets_transactions_end_but_not_for_ever) {
  ScriptImage image = answering_image();
  ModuleImage module;
  module.name = "test";
  module.start = [](Process& process) { process.services.unfinished = unfinished_for_a_while; };
  image.modules = &module;
  image.module_count = 1;
  const auto ends_after = [&](std::vector<std::string> arguments) {
    ForkedProxy proxy(image, std::move(arguments));
    EXPECT_TRUE(proxy.wait_ready()) << proxy.output;
    const auto begin = std::chrono::steady_clock::now();
    proxy.signal(SIGTERM);
    usleep(50000);
    EXPECT_EQ(exchange(10, 22011), 10u);             // it still serves
    EXPECT_EQ(proxy.wait_exit(), 0) << proxy.output;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  };
  const auto waited = ends_after({"-l", "udp:127.0.0.1:22011", "-n", "1"});
  EXPECT_GE(waited, 390);
  EXPECT_LT(waited, 4000);
  module.start = [](Process& process) { process.services.unfinished = [](Worker&) -> std::uint64_t { return 3; }; };
  const auto bounded = ends_after({"-l", "udp:127.0.0.1:22011", "-n", "1", "--drain", "1"});
  EXPECT_GE(bounded, 990);
  EXPECT_LT(bounded, 4000);
}

}  // namespace
}  // namespace strowger::server
