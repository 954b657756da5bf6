// SPDX-License-Identifier: Apache-2.0
// A storm of connections between two processes. Run it in a network namespace of its own, whose loopback device has the
// addresses of exchange.h (bench/storm.py makes one). Prints one JSON object.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "bench/storm/client.h"
#include "bench/storm/exchange.h"
#include "bench/storm/server.h"

namespace {

using egresswatch::bench::Client;
using egresswatch::bench::Load;
using egresswatch::bench::Server;
using egresswatch::bench::Tally;

pid_t start_server() {
  Server server;
  const pid_t client = ::getpid();
  const pid_t child = ::fork();
  egresswatch::testing::require(child >= 0, "fork");
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != client) std::_Exit(1);
  try {
    server.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "storm, server: %s\n", error.what());
    std::_Exit(1);
  }
}

double seconds_of(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Processor time of client and server, which includes what the kernel does for their packets: on a loopback device
// nearly all of it happens in the context of the sender.
double own_cpu_seconds() {
  rusage client{};
  rusage server{};
  ::getrusage(RUSAGE_SELF, &client);
  ::getrusage(RUSAGE_CHILDREN, &server);
  return seconds_of(client) + seconds_of(server);
}

Tally storm(const Load& load) {
  const pid_t server = start_server();
  const auto end_server = [server] {
    ::kill(server, SIGKILL);
    ::waitpid(server, nullptr, 0);
  };
  try {
    egresswatch::bench::resolve();
    const Tally tally = Client(load).run();
    end_server();
    return tally;
  } catch (...) {
    end_server();
    throw;
  }
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  double seconds = 3600;
  CLI::App cli{"A storm of connections: 100 bytes there, 200 back"};
  cli.add_option("--connections", load.connections, "End after so many");
  cli.add_option("--seconds", seconds, "End after this time")->check(CLI::Range(0.0, 3600.0));
  cli.add_option("--rate", load.rate, "Connections a second; 0 = as fast as it goes");
  cli.add_option("--in-flight", load.in_flight, "Connections at once")
      ->check(CLI::Range(1U, egresswatch::bench::kMaxInFlight));
  CLI11_PARSE(cli, argc, argv);
  load.time = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
  try {
    const Tally tally = storm(load);
    std::printf("{\"connections\": %llu, \"failed\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
                static_cast<unsigned long long>(tally.connections), static_cast<unsigned long long>(tally.failed),
                tally.time.count(), own_cpu_seconds());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "storm: %s\n", error.what());
    return 1;
  }
  return 0;
}
