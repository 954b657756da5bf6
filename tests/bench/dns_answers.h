// SPDX-License-Identifier: Apache-2.0
// DNS answers as vaults get them, for whoever measures parsers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/dns_wire.h"

namespace egresswatch::bench {

using testing::DnsWireBuilder;
using testing::WireBytes;

// One of the usual answers: 229 bytes, three CNAMEs, one address, EDNS with a cookie.
inline WireBytes private_link_answer() {
  const std::string vault = "contoso-payments-prod-w.vault.azure.net";
  const std::string link = "contoso-payments-prod-w.privatelink.vaultcore.azure.net";
  const std::string data = "data-prod-weu.vaultcore.azure.net";
  const std::string region = "data-prod-weu-region.vaultcore.azure.net";
  WireBytes cookie;
  for (const unsigned value : {0, 10, 0, 18}) cookie.push_back(static_cast<std::byte>(value));
  cookie.resize(22, std::byte{0x5a});
  return DnsWireBuilder::answer(vault)
      .cname(vault, link)
      .cname(link, data)
      .cname(data, region)
      .address(region, "20.61.99.68")
      .opt(1232, 0, cookie)
      .bytes();
}

// Answers of many shapes, so that the branch predictor cannot learn one by heart.
inline std::vector<WireBytes> mixed_answers() {
  std::vector<WireBytes> answers;
  for (int i = 0; i < 64; ++i) {
    const std::string vault = std::string(3 + static_cast<std::size_t>(i * 7 % 21), 'v') + ".vault.azure.net";
    std::string last = vault;
    const bool v6 = i % 4 == 0;
    auto builder = DnsWireBuilder::answer(vault, v6 ? DnsWireBuilder::kAaaa : DnsWireBuilder::kA);
    for (int hop = 0; hop < i % 5; ++hop) {
      std::string next = std::string(2 + static_cast<std::size_t>((i * 5 + hop * 11) % 19), 'h');
      next += hop % 2 == 0 ? ".vaultcore.azure.net" : ".kv.aadg.msidentity.com";
      builder.cname(last, next);
      last = next;
    }
    for (int k = 0; k <= i % 3; ++k) builder.address(last, v6 ? "2603:1006:2000::2" : "20.61.99.68");
    if (i % 3 != 0) builder.opt(1232);
    answers.push_back(builder.bytes());
  }
  return answers;
}

}  // namespace egresswatch::bench
