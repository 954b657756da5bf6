// SPDX-License-Identifier: Apache-2.0
// parse_hosts on any bytes.
#include "correlate/hosts_text.h"

#include "fuzz/require.h"

using egresswatch::correlate::HostsEntry;
using egresswatch::correlate::HostsText;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const HostsText hosts = egresswatch::correlate::parse_hosts({reinterpret_cast<const char*>(data), size});
  require(hosts.entries.size() <= egresswatch::correlate::kMaxHostsEntries, "the entries are bounded");
  for (const HostsEntry& entry : hosts.entries) {
    require(!entry.address.is_loopback() && !entry.address.is_unspecified(), "an address names a destination");
    require(!entry.name.empty() && entry.name.size() <= 253, "a name has a bounded length");
    for (const char c : entry.name)
      require((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.',
              "a name is that of a host");
    require(entry.name.front() != '.' && entry.name.back() != '.' && entry.name.find("..") == std::string::npos,
            "no label is empty");
  }
  return 0;
}
