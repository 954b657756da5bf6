// SPDX-License-Identifier: Apache-2.0
#include "check/run.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>

#include "check/http_probe.h"
#include "check/socket_error.h"
#include "check/tcp_probe.h"

namespace egresswatch::check {
namespace {

constexpr std::size_t kWorkers = 8;
constexpr std::chrono::milliseconds kProgressInterval{250};

// The connection ended, or stayed silent, instead of giving an HTTP answer.
Failure broken_exchange(const HttpAnswer& answer, Stage stage, Cause otherwise) {
  if (answer.malformed) return {stage, otherwise};
  switch (answer.status) {
    case Stream::Status::ok:
      return {};
    case Stream::Status::reset:
      return {Stage::data, Cause::reset};
    case Stream::Status::timeout:
      return {Stage::data, Cause::timeout};
    default:
      return {stage, otherwise};
  }
}

// Proxy, TLS and HTTP over a connection that stands.
void check_stream(EndpointResult& result, Stream& stream, const std::optional<Proxy>& proxy, const TlsContext& tls,
                  std::uint64_t timeout_ns) {
  const Target& target = result.target;
  if (proxy) {
    const HttpAnswer answer = exchange(stream, connect_request(*proxy, target.host, target.port), true, timeout_ns);
    result.proxy_status = answer.result.status;
    result.proxy_ns = answer.result.first_byte_ns;
    result.failure = broken_exchange(answer, Stage::proxy, Cause::proxy_error);
    if (!result.failure) result.failure = proxy_failure(answer.result.status);
    if (result.failure) return;
  }
  if (target.protocol == Protocol::https) {
    TlsProbe probe = probe_tls(tls, stream, target.host, timeout_ns);
    result.tls = std::move(probe.result);
    result.failure = probe.failure;
    if (result.failure) return;
  }
  const HttpAnswer answer = exchange(stream, get_request(target), false, timeout_ns);
  result.http = answer.result;
  result.failure = broken_exchange(answer, Stage::http, Cause::http_error);
  if (!result.failure) result.failure = http_failure(answer.result.status, target);
}

// A peer that is gone must end a write with EPIPE, not the program.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

EndpointResult check_endpoint(const Target& target, const std::optional<Proxy>& proxy, const TlsContext& tls,
                              const RunOptions& options) {
  EndpointResult result;
  result.target = target;
  if (proxy) result.proxy = proxy->to_string();
  result.dns = probe_dns(options.names, proxy ? proxy->host : target.host, options.timeout_ns);
  if (result.dns_failed()) return result;

  TcpProbe tcp = probe_tcp(result.dns.addresses, proxy ? proxy->port : target.port, options.timeout_ns);
  result.addresses = std::move(tcp.addresses);
  if (!tcp.used) {
    const AddressResult* worst = most_telling(result.addresses);
    if (worst != nullptr) {
      result.failure = worst->failure;
      result.error = worst->error;
    }
    return result;
  }
  result.used = result.addresses[*tcp.used].address;
  result.connect_ns = result.addresses[*tcp.used].duration_ns;
  Stream stream(std::move(tcp.socket));
  check_stream(result, stream, proxy, tls, options.timeout_ns);
  return result;
}

Result<std::vector<EndpointResult>> run(const std::vector<Target>& targets, const RunOptions& options,
                                        const Progress& progress) {
  auto tls = TlsContext::make();
  if (!tls) return tls.error();
  std::vector<std::optional<Proxy>> proxies;
  for (const Target& target : targets) {
    // instance metadata is link-local: a proxy would answer for another host
    if (target.protocol == Protocol::http || target.kind == BuiltinService::imds) {
      proxies.emplace_back();
      continue;
    }
    auto proxy = proxy_for(target.host, options.environment);
    if (!proxy) return proxy.error();
    proxies.push_back(std::move(*proxy));
  }

  std::vector<EndpointResult> results(targets.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t done = 0;
  const auto work = [&] {
    block_sigpipe();
    for (std::size_t i = next++; i < targets.size(); i = next++) {
      results[i] = check_endpoint(targets[i], proxies[i], *tls, options);
      const std::lock_guard lock(mutex);
      ++done;
      changed.notify_one();
    }
  };
  std::vector<std::jthread> workers;
  try {
    while (workers.size() < std::min(kWorkers, targets.size())) workers.emplace_back(work);
  } catch (const std::system_error& problem) {
    // fewer threads take longer, none can do nothing
    if (workers.empty()) return Error{std::string("no thread can be started: ") + problem.what()};
  }
  std::unique_lock lock(mutex);
  while (!changed.wait_for(lock, kProgressInterval, [&] { return done == targets.size(); })) progress(done);
  return results;
}

}  // namespace egresswatch::check
