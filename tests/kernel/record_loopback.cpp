// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <set>
#include <string>
#include <variant>

#include "base/clock.h"
#include "capture/kernel_source.h"
#include "capture/recording.h"
#include "decode/record.h"
#include "egresswatch/abi/recording.h"
#include "harness/dns_wire.h"
#include "harness/network_namespace.h"
#include "harness/sockets.h"
#include "harness/tls_wire.h"

// record_loopback FILE
//
// Makes tests/recordings/loopback-*.egwrec: a handful of connections and questions in a network namespace of its own,
// recorded with nothing else of the host. What it does is listed in tests/recordings/README.md.
namespace egresswatch::testing {
namespace {

// Lets through what happened in this namespace or was done by this process, and counts it as the kernel would.
class Filter final : public capture::RecordHandler {
 public:
  Filter(capture::Recorder& recorder, std::uint32_t netns) : recorder_(recorder), netns_(netns) {}

  void on_record(std::span<const std::byte> record) override {
    Event event;
    if (decode::decode_record(record, event) != decode::RecordError::none) throw std::runtime_error("bad record");
    if (!is_ours(event)) return;
    recorder_.on_record(record);
    // what the daemon itself sums up is not counted by the programs
    const auto* flow = std::get_if<Flow>(&event);
    if (!std::holds_alternative<DropReason>(event) && (!flow || flow->first)) ++totals_.produced[type_of(record)];
  }
  [[nodiscard]] const egw_totals& totals() const { return totals_; }

 private:
  bool is_ours(const Event& event) {
    // the kernel's names belong to every recording
    if (std::holds_alternative<DropReason>(event)) return true;
    if (const auto* closing = std::get_if<TcpClosing>(&event)) return closing->now.netns == netns_;
    return std::visit(
        [&](const auto& one) {
          bool ours = false;
          if constexpr (requires { one.netns; }) ours = one.netns == netns_;
          if constexpr (requires { one.process; })
            ours = ours || one.process.pid == static_cast<std::uint32_t>(::getpid());
          if constexpr (requires { one.socket; }) {
            ours = ours || sockets_.contains(one.socket);
            if (ours) sockets_.insert(one.socket);
          }
          return ours;
        },
        event);
  }

  static std::uint32_t type_of(std::span<const std::byte> record) {
    egw_header header;
    std::memcpy(&header, record.data(), sizeof header);
    return header.type;
  }

  capture::Recorder& recorder_;
  std::uint32_t netns_;
  std::set<SocketId> sockets_;
  egw_totals totals_{};
};

const Endpoint kResolver = endpoint("127.0.0.1", 53);

// A question and its answer over UDP, each by a socket of its own.
void ask(const UniqueFd& server, const WireBytes& question, const WireBytes& answer) {
  const UniqueFd client = make_socket(AF_INET, SOCK_DGRAM);
  require(connect_to(client, kResolver, AF_INET) == 0, "connect");
  send_all(client, question.data(), question.size());
  SocketAddress from;
  char buffer[512];
  require(::recvfrom(server.get(), buffer, sizeof buffer, 0, from.get(), &from.length) > 0, "recvfrom");
  send_to(server, answer.data(), answer.size(), from.endpoint(), AF_INET);
  receive_all(client, answer.size());
}

// The same over TCP, the answer in three segments, the first of which ends within the length.
void ask_over_tcp(const WireBytes& question, const WireBytes& answer) {
  const auto with_length = [](const WireBytes& body) {
    WireBytes all;
    all.reserve(body.size() + 2);
    all.push_back(static_cast<std::byte>(body.size() >> 8));
    all.push_back(static_cast<std::byte>(body.size() & 0xff));
    all.insert(all.end(), body.begin(), body.end());
    return all;
  };
  const UniqueFd listener = listen_at(kResolver);
  const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  require(connect_to(client, kResolver, AF_INET) == 0, "connect");
  UniqueFd server = accept_from(listener);
  set_option(server, IPPROTO_TCP, TCP_NODELAY, 1);
  const WireBytes out = with_length(question), in = with_length(answer);
  send_all(client, out.data(), out.size());
  receive_all(server, out.size());
  const std::size_t ends[] = {1, 20, in.size()};
  std::size_t at = 0;
  for (const std::size_t end : ends) {
    send_all(server, in.data() + at, end - at);
    receive_all(client, end - at);
    at = end;
  }
  server.reset();
  expect_end_of_stream(client);
}

// What a TLS client and its server send: a ClientHello of 517 bytes, the server's first flight, the rest of the
// handshake and a request.
void fetch(const Endpoint& from, const std::string& name, bool reset) {
  constexpr std::size_t kHello = 517;
  const std::string hello = client_hello(name, kHello - client_hello(name, 1).size() + 1);
  std::string flight("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11);
  flight.resize(3000);
  const UniqueFd listener = listen_at(from);
  const UniqueFd client = make_socket(family_of(from), SOCK_STREAM);
  require(connect_to(client, from, family_of(from)) == 0, "connect");
  UniqueFd server = accept_from(listener);
  send_all(client, hello.data(), hello.size());
  receive_all(server, kHello);
  if (reset) {
    reset_on_close(server);
    server.reset();
    char byte;
    require(::recv(client.get(), &byte, 1, 0) == -1 && errno == ECONNRESET, "recv of a reset");
    return;
  }
  send_all(server, flight.data(), flight.size());
  receive_all(client, flight.size());
  send_all(client, 200);
  receive_all(server, 200);
  server.reset();
  expect_end_of_stream(client);
}

void fail(const Endpoint& to, int error) {
  const UniqueFd client = make_socket(family_of(to), SOCK_STREAM);
  require(connect_to(client, to, family_of(to)) == error, "connect that fails");
}

void abandon(const Endpoint& to) {
  const UniqueFd client = make_socket(family_of(to), SOCK_STREAM | SOCK_NONBLOCK);
  require(connect_to(client, to, family_of(to)) == EINPROGRESS, "connect");
  while (get_option<tcp_info>(client, IPPROTO_TCP, TCP_INFO).tcpi_total_retrans == 0) ::usleep(10'000);
}

void act() {
  UniqueFd resolver = make_socket(AF_INET, SOCK_DGRAM);
  bind_to(resolver, kResolver, AF_INET);
  const char* const vault = "fabrikam.vault.azure.net";
  const char* const link = "fabrikam.privatelink.vaultcore.azure.net";
  const char* const login = "login.microsoftonline.com";
  using Dns = DnsWireBuilder;

  ask(resolver, Dns::query(vault).bytes(),
      Dns::answer(vault).cname(vault, link, 60).address(link, "10.1.2.3", 10).bytes());
  fetch(endpoint("10.1.2.3", 443), vault, false);
  fetch(endpoint("10.1.2.3", 443), vault, true);

  ask(resolver, Dns::query(login).bytes(), Dns::answer(login).address(login, "192.0.2.10", 300).bytes());
  ask(resolver, Dns::query(login, Dns::kAaaa, 0x4321).bytes(),
      Dns::answer(login, Dns::kAaaa, 0, 0x4321).address(login, "2001:db8::10", 300).bytes());
  fetch(endpoint("2001:db8::10", 443), login, false);
  fail(endpoint("192.0.2.10", 443), ECONNREFUSED);

  const char* const other = "contoso.vault.azure.net";
  ask(resolver, Dns::query(other).bytes(),
      Dns::answer(other, Dns::kA, 3).cname(other, "contoso.privatelink.vaultcore.azure.net", 60).bytes());
  ask_over_tcp(Dns::query("management.azure.com").bytes(),
               Dns::answer("management.azure.com").address("management.azure.com", "192.0.2.9", 60).bytes());
  abandon(endpoint("192.0.2.9", 443));
  fail(endpoint("198.51.100.1", 443), ENETUNREACH);

  const UniqueFd clock = make_socket(AF_INET, SOCK_DGRAM);
  const UniqueFd time_server = make_socket(AF_INET, SOCK_DGRAM);
  bind_to(time_server, endpoint("192.0.2.10", 123), AF_INET);
  for (int i = 0; i < 5; ++i) send_to(clock, "time?", 5, endpoint("192.0.2.10", 123), AF_INET);

  const UniqueFd ping = make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  const char echo_request[] = {8, 0, 0, 0, 0, 0, 0, 1};
  for (int i = 0; i < 2; ++i) send_to(ping, echo_request, sizeof echo_request, endpoint("192.0.2.10", 0), AF_INET);
  // as a scanner does it, past the TCP of the kernel; the checksum is wrong, so nobody answers
  const UniqueFd scanner = make_socket(AF_INET6, SOCK_RAW, IPPROTO_TCP);
  const char syn[20] = {};
  send_to(scanner, syn, sizeof syn, endpoint("2001:db8::10", 0), AF_INET6);
}

// "6.18.44": what follows the version names the machine, not the kernel.
void shorten_release(const std::string& path) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  egw_recording start{};
  file.read(reinterpret_cast<char*>(&start), sizeof start);
  char* const rest = std::find(std::begin(start.kernel), std::end(start.kernel), '-');
  std::fill(rest, std::end(start.kernel), '\0');
  file.seekp(0);
  file.write(reinterpret_cast<const char*>(&start), sizeof start);
  if (!file) throw std::runtime_error("cannot rewrite " + path);
}

void record(const std::string& path) {
  NetworkNamespace away;
  if (!away.add_silent_network()) throw std::runtime_error("this kernel has no veth");
  away.shell(
      "ip addr add 10.1.2.3/32 dev lo && ip addr add 192.0.2.10/32 dev lo && ip addr add 2001:db8::10/128 dev lo");
  auto recorder = capture::Recorder::create(path);
  if (!recorder) throw std::runtime_error(recorder.error().message);
  Filter filter(**recorder, away.inode());
  boost::asio::io_context io;
  auto source = capture::KernelSource::make(io, {.ring_bytes = 1 << 24});
  if (!source) throw std::runtime_error(source.error().message);
  if (auto started = (*source)->start(filter); !started) throw std::runtime_error(started.error().message);
  {
    const NetworkNamespace::Inside inside(away);
    act();
  }
  // the last close of each connection comes from the timer or the other end
  io.run_for(std::chrono::milliseconds(200));
  (*source)->stop();
  if (auto finished = (*recorder)->finish(filter.totals()); !finished)
    throw std::runtime_error(finished.error().message);
  shorten_release(path);
}

}  // namespace
}  // namespace egresswatch::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: record_loopback FILE\n", stderr);
    return 2;
  }
  try {
    egresswatch::testing::record(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "record_loopback: %s\n", error.what());
    return 1;
  }
  return 0;
}
