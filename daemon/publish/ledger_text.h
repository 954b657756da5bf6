// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "account/snapshot.h"
#include "publish/text_writer.h"

namespace egresswatch::publish {

// What a ledger counted, as metrics. The labels of its series are made text once and kept, about a hundred bytes for
// each, since a ledger forgets none.
class LedgerText {
 public:
  // Snapshots of one ledger only.
  void write(const account::Snapshot& snapshot, TextWriter& out);

 private:
  void write_connections(const account::Snapshot& snapshot, TextWriter& out);
  void write_dns(const account::Snapshot& snapshot, TextWriter& out);
  void write_traffic(const account::Snapshot& snapshot, TextWriter& out);
  template <typename Row>
  std::string_view series_labels(const Row& row);
  template <typename Row>
  std::string_view host_labels(const Row& row);

  LabelTexts series_;  // service, host, unit
  LabelTexts hosts_;   // service, host
};

}  // namespace egresswatch::publish
