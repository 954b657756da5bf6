// SPDX-License-Identifier: Apache-2.0
// The files of container runtimes, each reader on any bytes.
#include "correlate/container_names.h"

#include <cstddef>
#include <cstdint>

#include "fuzz/require.h"

using namespace egresswatch::correlate;

namespace {

void check(const std::optional<std::string>& name) {
  if (!name) return;
  require(!name->empty() && name->size() <= 255, "a name is bounded and there");
  for (const char c : *name) require(c >= 0x20 && c <= 0x7e, "a name is printable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(docker_name(text));
  check(libpod_name(text, "0123"));
  check(kubernetes_name(text));
  return 0;
}
