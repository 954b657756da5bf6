// SPDX-License-Identifier: Apache-2.0
// Prints the sample of export_fixture.h in a format: how the files of golden/ are made, after a look at the difference.
//
//   export_sample nftables > tests/unit/cli/golden/nftables.nft
#include <cstdio>
#include <string>
#include <string_view>

#include "unit/cli/export_fixture.h"

int main(int argc, char** argv) {
  using namespace egresswatch;
  const std::string_view what = argc == 2 ? argv[1] : "";
  std::string text;
  if (what == "nftables") text = cli::export_nftables(test::export_sample());
  if (what == "nftables-tags") text = cli::export_nftables(test::export_sample_with_tags());
  if (what == "squid") text = cli::export_squid(test::export_sample());
  if (what == "azure-firewall") text = cli::export_azure_firewall(test::export_sample());
  if (what == "nsg") text = cli::export_nsg(test::export_sample());
  if (what == "nsg-tags") text = cli::export_nsg(test::export_sample_with_tags());
  std::fputs(text.c_str(), stdout);
  return text.empty() ? 2 : 0;
}
