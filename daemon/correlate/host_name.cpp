// SPDX-License-Identifier: Apache-2.0
#include "correlate/host_name.h"

namespace egresswatch::correlate {

std::string_view normalise_host_name(std::string_view text, HostNameBuffer& buffer) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > buffer.size()) return {};
  char previous = '.';
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!allowed || (c == '.' && previous == '.')) return {};
    buffer[i] = c;
    previous = c;
  }
  if (previous == '.') return {};
  return {buffer.data(), text.size()};
}

}  // namespace egresswatch::correlate
