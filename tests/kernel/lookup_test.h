// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/dns_test.h"

namespace egresswatch::testing {

// A directory that goes with its object.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "egresswatch.XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "mkdtemp");
    path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// lookup_client in the network namespace of the test, with an /etc of its own, or with a root of its own.
class LookupTest : public DnsTest {
 protected:
  static constexpr const char* kResolver = "127.0.0.53";  // where systemd-resolved listens

  void SetUp() override {
    DnsTest::SetUp();
    if (IsSkipped()) return;
    std::ifstream lockdown("/sys/kernel/security/lockdown");
    std::string modes;
    if (std::getline(lockdown, modes) && modes.find("[confidentiality]") != std::string::npos)
      GTEST_SKIP() << "this kernel is locked down: no program reads user memory";
    write_etc(scratch_ / "etc", "");
  }
  void TearDown() override {
    if (client_.pid > 0) finish();
    DnsTest::TearDown();
  }

  static void write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  static void write_etc(const std::string& directory, std::string_view hosts) {
    write(directory + "/hosts", hosts);
    write(directory + "/nsswitch.conf", "hosts: files dns\n");
    write(directory + "/resolv.conf", std::string("nameserver ") + kResolver + "\noptions timeout:5 attempts:1\n");
    write(directory + "/host.conf", "multi on\n");
  }
  void hosts(std::string_view text) { write(scratch_ / "etc/hosts", text); }

  // A root with the program and copies of the loader and the C library: other inodes than the host's.
  std::string make_root(const std::string& name, std::string_view hosts_text) {
    namespace fs = std::filesystem;
    const std::string root = scratch_ / name;
    write_etc(root + "/etc", hosts_text);
    const auto copy = [&](const std::string& file) {
      fs::create_directories(fs::path(root + file).parent_path());
      fs::copy_file(file, root + file);
    };
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* context) {
          const std::string path = info->dlpi_name;
          if (path.find("/libc.so") != std::string::npos || path.find("/ld-linux") != std::string::npos)
            (*static_cast<decltype(copy)*>(context))(path);
          return 0;
        },
        const_cast<void*>(static_cast<const void*>(&copy)));
    fs::copy_file(LOOKUP_CLIENT, root + "/lookup_client");
    return root;
  }

  // Starts the client; it waits for finish() or run().
  void launch(std::vector<std::string> requests, const std::string& root = {}) {
    int in[2];
    int out[2];
    require(::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0, "pipe2");
    const std::string etc = scratch_ / "etc";
    std::string program = root.empty() ? LOOKUP_CLIENT : "/lookup_client";
    std::vector<char*> arguments{program.data()};
    for (std::string& request : requests) arguments.push_back(request.data());
    arguments.push_back(nullptr);
    {
      const NetworkNamespace::Inside inside(*away_);
      client_.pid = ::fork();
      // within the block, which the child never leaves
      if (client_.pid == 0) {
        const bool placed = root.empty() ? ::unshare(CLONE_NEWNS) == 0 &&
                                               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                                               ::mount(etc.c_str(), "/etc", nullptr, MS_BIND, nullptr) == 0
                                         : ::chroot(root.c_str()) == 0 && ::chdir("/") == 0;
        if (placed && ::dup2(in[0], STDIN_FILENO) >= 0 && ::dup2(out[1], STDOUT_FILENO) >= 0)
          ::execv(program.c_str(), arguments.data());
        ::_exit(101);
      }
    }
    require(client_.pid > 0, "fork");
    client_.go.reset(in[1]);
    const UniqueFd ours[] = {UniqueFd(in[0]), UniqueFd(out[0])};
    ::close(out[1]);
    char ready[5];
    require(::read(ours[1].get(), ready, sizeof ready) == sizeof ready, "the client does not start");
    journal_.own_process(static_cast<std::uint32_t>(client_.pid));
    client_.ticks = start_ticks(std::to_string(client_.pid));
  }
  // Returns how many lookups failed.
  int finish() {
    client_.go.reset();
    int status = 0;
    require(::waitpid(client_.pid, &status, 0) == client_.pid, "waitpid");
    last_client_ = static_cast<std::uint32_t>(client_.pid);
    last_client_ticks_ = client_.ticks;
    client_ = {};
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // As finish(), while the ring is read.
  int run() {
    int failures = -1;
    begin_ns_ = monotonic_ns();
    wait_while([&] { failures = finish(); });
    end_ns_ = monotonic_ns();
    return failures;
  }

  NameLookup take_lookup() { return std::get<0>(journal_.take<NameLookup>(0)); }

  // The address of an IPv4 entry is given v4-mapped, as everywhere.
  void expect_lookup(const NameLookup& event, std::string_view name, const std::vector<std::string>& addresses) const {
    EXPECT_GT(event.time_ns, begin_ns_);
    EXPECT_LT(event.time_ns, end_ns_);
    EXPECT_EQ(event.name, name);
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < event.address_count; ++i) seen.push_back(event.addresses[i].to_string());
    EXPECT_THAT(seen, ::testing::UnorderedElementsAreArray(addresses));
    for (std::size_t i = event.address_count; i < event.addresses.size(); ++i)
      EXPECT_EQ(event.addresses[i], IpAddress{}) << i;
    expect_process(event.process, last_client_, last_client_ticks_, "lookup_client");
  }

  struct Client {
    pid_t pid = -1;
    UniqueFd go;
    std::uint64_t ticks = 0;  // when it started
  };

  ScratchDirectory scratch_;
  std::uint64_t end_ns_ = 0;
  Client client_;  // that waits
  std::uint32_t last_client_ = 0;
  std::uint64_t last_client_ticks_ = 0;
};

}  // namespace egresswatch::testing
