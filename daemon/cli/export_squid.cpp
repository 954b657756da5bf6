// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/allowlist.h"
#include "cli/export.h"
#include "cli/export_text.h"

namespace egresswatch::cli {
namespace {

constexpr std::uint16_t kHttp = 80;

constexpr std::string_view kLimits = R"(#
# What squid cannot say:
# - anything but TCP, and what does not go through it: clients need https_proxy, or a gateway that redirects to squid.
# - instance metadata (169.254.169.254) and WireServer (168.63.129.16): they answer this host only, never a proxy.
#   Clients need them in no_proxy.
# - service tags. A destination without a name is an address here, which may change.
)";
constexpr std::string_view kFinalDeny = R"(
# Squid uses the last rule that is there, reversed, for everything else. So that nothing else is allowed:
# http_access deny all
)";
constexpr std::string_view kGateway = R"(
# A gateway to which TLS is redirected (https_port ... intercept ssl-bump) sees no CONNECT, but the ClientHello's name.
# There, with squid-openssl, beside the rules above for port 80:
# acl egresswatch_hello at_step SslBump1
# ssl_bump peek egresswatch_hello
)";

std::string acl_name(const AllowedGroup& group) {
  return "egresswatch_" + group.service + "_" + std::to_string(group.port);
}

class Writer {
 public:
  explicit Writer(const Allowlist& list) : list_(list) {}

  std::string rules() {
    write_ports();
    for (const AllowedGroup& group : list_.groups)
      if (group.protocol == Protocol::tcp) write_group(group);
    return std::move(out_);
  }
  [[nodiscard]] const std::string& gateway() const { return gateway_; }
  // Destinations that squid cannot be told.
  [[nodiscard]] std::size_t untold() const { return untold_; }

 private:
  void write_ports() {
    std::set<std::uint16_t> ports;
    for (const AllowedGroup& group : list_.groups)
      if (group.protocol == Protocol::tcp)
        ports.insert(group.port);
      else
        untold_ += group.destinations.size();
    if (ports.empty()) return;
    out_ += "\nacl egresswatch_connect method CONNECT\n";
    for (const std::uint16_t port : ports)
      out_ += "acl egresswatch_port_" + std::to_string(port) + " port " + std::to_string(port) + "\n";
  }

  void write_group(const AllowedGroup& group) {
    const std::string name = acl_name(group);
    std::string acls;
    bool names = false;
    bool addresses = false;
    for (const AllowedDestination& destination : group.destinations) {
      std::string lines;
      if (!destination.host.empty()) {
        lines = "acl " + name + " dstdomain -n " + destination.host + "\n";
        if (group.port != kHttp) gateway_ += "# acl " + name + "_sni ssl::server_name " + destination.host + "\n";
        names = true;
      } else {
        for (const IpAddress& address : destination.addresses) {
          if (is_platform(address)) continue;
          lines += "acl " + name + "_addresses dst " + address.to_string() + "\n";
          addresses = true;
        }
      }
      if (lines.empty()) {
        ++untold_;
        continue;
      }
      acls.append("# ").append(remark(destination)).append("\n").append(lines);
    }
    if (acls.empty()) return;
    out_.append("\n# ").append(title(group)).append("\n").append(acls);
    if (names) write_access(group, name);
    if (addresses) write_access(group, name + "_addresses");
    if (names && group.port != kHttp) gateway_ += "# ssl_bump splice " + name + "_sni\n";
  }

  // On port 80 clients send requests in the clear; on every other port they ask for a tunnel.
  void write_access(const AllowedGroup& group, const std::string& acl) {
    out_.append("http_access allow ")
        .append(group.port == kHttp ? "!" : "")
        .append("egresswatch_connect egresswatch_port_");
    out_.append(std::to_string(group.port)).append(" ").append(acl).append("\n");
  }

  const Allowlist& list_;
  std::string out_;
  std::string gateway_;
  std::size_t untold_ = 0;
};

}  // namespace

std::string export_squid(const ExportInput& input) {
  const Allowlist list = make_allowlist(input);
  if (list.groups.empty()) return {};
  Writer writer(list);
  const std::string rules = writer.rules();

  std::string out = "# Outbound allowlist of " + origin(input) + ".\n";
  out +=
      "# Written by `egresswatch export squid`, which changes nothing. Include it in squid.conf; try `squid -k "
      "parse`.\n";
  out += kLimits;
  std::vector<std::string> missing = left_out(list);
  if (writer.untold() > 0)
    missing.push_back("not TCP, answering this host only, or without name and address: " +
                      std::to_string(writer.untold()));
  if (!missing.empty()) {
    out += "#\n# Destinations that are not in here:\n";
    for (const std::string& sentence : missing) out.append("# - ").append(sentence).append("\n");
  }
  out += rules;
  out += kFinalDeny;
  if (!writer.gateway().empty()) out.append(kGateway).append(writer.gateway()).append("# ssl_bump terminate all\n");
  return out;
}

}  // namespace egresswatch::cli
