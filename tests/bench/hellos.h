// SPDX-License-Identifier: Apache-2.0
// ClientHellos for whoever measures the parser.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/hello_wire.h"

namespace egresswatch::bench {

// The name is behind every extension but the padding: the worst place.
inline testing::HelloBytes hello_of(std::size_t size, bool post_quantum) {
  testing::HelloBuilder builder;
  builder.grease();
  for (std::uint16_t type = 1; type < 14; ++type) builder.extension(type, "0123456");
  if (post_quantum) builder.post_quantum_key_share();
  builder.server_name("contoso-payments-prod-w.vault.azure.net").padded_to(size);
  return testing::in_records(builder.message());
}

}  // namespace egresswatch::bench
