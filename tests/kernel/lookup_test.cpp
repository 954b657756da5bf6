// SPDX-License-Identifier: Apache-2.0
#include "kernel/lookup_test.h"

#include <poll.h>

#include <algorithm>
#include <map>

#include "decode/dns.h"
#include "harness/dns_wire.h"

// getaddrinfo() of a real program: one record a lookup, whatever answers it.
namespace egresswatch::testing {
namespace {

const char* const kName = "fabrikam.vault.azure.net";

class GetaddrinfoTest : public LookupTest {
 protected:
  // Answers each question of the client with the addresses of its type.
  static void serve(const UniqueFd& server, const std::vector<std::string>& addresses, std::size_t questions) {
    // a client that does not ask fails by itself
    set_option(server, SOL_SOCKET, SO_RCVTIMEO, timeval{10, 0});
    for (std::size_t i = 0; i < questions; ++i) {
      SocketAddress from;
      std::vector<std::byte> query(512);
      const ssize_t size = ::recvfrom(server.get(), query.data(), query.size(), 0, from.get(), &from.length);
      ASSERT_GT(size, 0) << "no question came";
      DnsMessage message;
      ASSERT_EQ(decode::parse_dns(std::span(query).first(static_cast<std::size_t>(size)), message),
                decode::DnsError::none);
      const std::string question(message.question);
      auto answer = DnsWireBuilder::answer(question, message.question_type, 0, message.id);
      for (const std::string& address : addresses)
        if (IpAddress::parse(address)->is_v4() == (message.question_type == DnsWireBuilder::kA))
          answer.address(question, address);
      const WireBytes wire = answer.bytes();
      send_to(server, wire.data(), wire.size(), from.endpoint(), from.storage.ss_family);
    }
  }
  std::uint64_t truncated() const { return source_->totals().lost[EGW_LOST_PAYLOAD_TRUNCATED]; }
};

// A resolver on this host, as systemd-resolved is one: its clients are seen from their own sockets.
TEST_F(GetaddrinfoTest, AnsweredByAStubResolver) {
  const UniqueFd server = name_server(endpoint(kResolver, 53));
  const std::vector<std::string> addresses{"203.0.113.1", "203.0.113.2", "2001:db8::1"};
  launch({kName});
  start();
  std::thread resolver([&] { serve(server, addresses, 2); });
  EXPECT_EQ(run(), 0);
  resolver.join();
  stop();

  const auto lookup = take_lookup();
  expect_lookup(lookup, kName, addresses);
  const auto sockets = journal_.sockets_of<DnsPacket>();
  ASSERT_EQ(sockets.size(), 4U);
  const auto packets = journal_.take_each<DnsPacket>(sockets[0]);
  ASSERT_EQ(packets.size(), 4U);
  // the flow of both questions: its first packet, and the sum of the others
  const auto flows = journal_.take_each<Flow>(sockets[0]);
  ASSERT_EQ(flows.size(), 2U);
  for (const Flow& flow : flows) {
    EXPECT_EQ(flow.process.pid, last_client_);
    EXPECT_EQ(flow.protocol, Protocol::udp);
    EXPECT_EQ(flow.tuple.remote.to_string(), "127.0.0.53:53");
    EXPECT_EQ(flow.packets, 1U);
  }
  std::map<std::uint16_t, int> questions;
  std::map<std::uint16_t, std::size_t> answered;
  for (const DnsPacket& packet : packets) {
    EXPECT_EQ(packet.process.pid, last_client_);
    EXPECT_EQ(packet.process.name(), "lookup_client");
    EXPECT_EQ(packet.tuple.remote.to_string(), "127.0.0.53:53");
    EXPECT_LT(packet.time_ns, lookup.time_ns);
    DnsMessage message;
    ASSERT_EQ(decode::parse_dns(packet.payload, message), decode::DnsError::none);
    EXPECT_EQ(message.question, kName);
    EXPECT_EQ(message.response, !packet.egress);
    if (packet.egress)
      ++questions[message.question_type];
    else
      answered[message.question_type] = message.address_count;
  }
  EXPECT_EQ(questions, (std::map<std::uint16_t, int>{{DnsWireBuilder::kA, 1}, {DnsWireBuilder::kAaaa, 1}}));
  EXPECT_EQ(answered, (std::map<std::uint16_t, std::size_t>{{DnsWireBuilder::kA, 2}, {DnsWireBuilder::kAaaa, 1}}));
}

TEST_F(GetaddrinfoTest, AnsweredByTheHostsFile) {
  hosts("10.1.2.3 Fabrikam.vault.azure.net\n2001:db8::1 fabrikam.vault.azure.net\n10.9.9.9 other.example\n");
  launch({"FABRIKAM.vault.azure.net"});
  start();
  EXPECT_EQ(run(), 0);
  stop();
  // as the program wrote it
  expect_lookup(take_lookup(), "FABRIKAM.vault.azure.net", {"10.1.2.3", "2001:db8::1"});
}

TEST_F(GetaddrinfoTest, OneRecordALookup) {
  hosts("10.1.2.3 one.example\n10.1.2.4 two.example\n");
  launch({"one.example", "stream:two.example", "thread:one.example"});
  start();
  EXPECT_EQ(run(), 0);
  stop();
  const auto [one, two, three] = journal_.take<NameLookup, NameLookup, NameLookup>(0);
  expect_lookup(one, "one.example", {"10.1.2.3"});
  expect_lookup(two, "two.example", {"10.1.2.4"});
  expect_lookup(three, "one.example", {"10.1.2.3"});
}

// Addresses name nothing, and neither does what was not found; what looks like an address and is none does.
TEST_F(GetaddrinfoTest, NothingForAddressesAndFailures) {
  hosts("10.1.2.3 10.example\n10.1.2.4 0x1g\n10.1.2.5 1.2.3.4a\n10.1.2.6 dead.beef\n");
  launch({"10.1.2.3", "10.513", "0x7f000001", "017700000001", "1.2.0xff.04", "2001:db8::1", "::ffff:1.2.3.4", "null",
          "missing.example.", "10.example", "0x1g", "1.2.3.4a", "dead.beef"});
  start();
  const UniqueFd nobody = name_server(endpoint(kResolver, 53));
  std::thread resolver([&] { serve(nobody, {}, 2); });
  EXPECT_EQ(run(), 1);
  resolver.join();
  stop();
  const auto [one, two, three, four] = journal_.take<NameLookup, NameLookup, NameLookup, NameLookup>(0);
  expect_lookup(one, "10.example", {"10.1.2.3"});
  expect_lookup(two, "0x1g", {"10.1.2.4"});
  expect_lookup(three, "1.2.3.4a", {"10.1.2.5"});
  expect_lookup(four, "dead.beef", {"10.1.2.6"});
  for (const SocketId socket : journal_.sockets_of<DnsPacket>()) {
    journal_.take_each<DnsPacket>(socket);
    journal_.take_each<Flow>(socket);
  }
}

TEST_F(GetaddrinfoTest, EightAddressesAndNotOneMore) {
  std::string text;
  std::vector<std::string> eight;
  for (int i = 1; i <= 9; ++i) {
    const std::string address = "10.1.2." + std::to_string(i);
    if (i <= 8) eight.push_back(address);
    if (i <= 8) text += address + " eight.example\n";
    text += address + " nine.example\n";
  }
  hosts(text);
  launch({"eight.example"});
  start();
  EXPECT_EQ(run(), 0);
  const std::uint64_t before = truncated();
  const std::uint32_t first_client = last_client_;
  launch({"stream:nine.example"});
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(truncated(), before + 1);
  stop();
  const auto [whole, cut] = journal_.take<NameLookup, NameLookup>(0);
  EXPECT_EQ(whole.process.pid, first_client);
  EXPECT_EQ(whole.address_count, 8U);
  EXPECT_EQ(before, 0U);
  EXPECT_EQ(cut.name, "nine.example");
  EXPECT_EQ(cut.address_count, 8U);
  std::vector<std::string> seen;
  for (const IpAddress& address : whole.addresses) seen.push_back(address.to_string());
  EXPECT_THAT(seen, ::testing::UnorderedElementsAreArray(eight));
}

TEST_F(GetaddrinfoTest, LongestName) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + label.substr(0, 61);
  ASSERT_EQ(longest.size(), 253U);
  hosts("10.1.2.3 " + longest + "\n");
  launch({longest});
  start();
  EXPECT_EQ(run(), 0);
  stop();
  expect_lookup(take_lookup(), longest, {"10.1.2.3"});
}

TEST_F(GetaddrinfoTest, LibraryInAnotherRoot) {
  const std::string root = make_root("root", "10.1.2.3 inside.example\n");
  launch({"inside.example"}, root);
  start();
  ASSERT_NE(source_->lookup_coverage(), nullptr);
  EXPECT_GE(source_->lookup_coverage()->libraries, 2U);
  EXPECT_EQ(source_->lookup_coverage()->left_out, 0U) << source_->lookup_coverage()->reason;
  EXPECT_EQ(run(), 0);
  stop();
  expect_lookup(take_lookup(), "inside.example", {"10.1.2.3"});
}

// What is attached is what is there at the start: bpf/README.md.
TEST_F(GetaddrinfoTest, LibraryThatComesLaterIsNotSeen) {
  const std::string root = make_root("root", "10.1.2.3 inside.example\n");
  start();
  launch({"inside.example"}, root);
  EXPECT_EQ(run(), 0);
  stop();
}

// Two containers of one image: one library, mostly under two inode numbers and then attached twice, yet one record.
TEST_F(GetaddrinfoTest, LibrarySeenThroughTwoOverlays) {
  const std::string lower = make_root("lower", "10.1.2.3 inside.example\n");
  std::vector<std::string> mounted;
  for (const char* name : {"one", "two"}) {
    const std::string base = scratch_ / name;
    for (const char* part : {"/upper", "/work", "/merged"}) std::filesystem::create_directories(base + part);
    const std::string options = "lowerdir=" + lower + ",upperdir=" + base + "/upper,workdir=" + base + "/work";
    if (::mount("overlay", (base + "/merged").c_str(), "overlay", 0, options.c_str()) == 0)
      mounted.push_back(base + "/merged");
  }
  if (mounted.size() == 2) {
    launch({"null"}, mounted[0]);
    Client other = std::exchange(client_, {});
    launch({"inside.example"}, mounted[1]);
    start();
    // that of this process, and those two, unless they are one to the kernel, as above the file system of an initramfs
    EXPECT_GE(source_->lookup_coverage()->libraries, 2U);
    EXPECT_EQ(run(), 0);
    stop();
    expect_lookup(take_lookup(), "inside.example", {"10.1.2.3"});
    client_ = std::move(other);
    EXPECT_EQ(finish(), 0);
  }
  for (const std::string& point : mounted) EXPECT_EQ(::umount2(point.c_str(), MNT_DETACH), 0);
  if (mounted.size() != 2) GTEST_SKIP() << "no overlay file system here";
}

TEST_F(GetaddrinfoTest, NothingAfterStop) {
  hosts("10.1.2.3 one.example\n");
  launch({"one.example"});
  start();
  stop();
  EXPECT_EQ(finish(), 0);
  source_->poll();
  for (const capture::Probe& probe : source_->probes()) EXPECT_FALSE(probe.attached) << probe.name;
  EXPECT_EQ(source_->lookup_coverage(), nullptr);
}

}  // namespace
}  // namespace egresswatch::testing
