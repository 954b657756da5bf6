// SPDX-License-Identifier: Apache-2.0
// Allowlists of hosts, services and units that are any bytes: a history file is as good as a stranger's. Whatever they
// are, each line of the output is a comment or has only what its format's language allows there.
#include "cli/export.h"

#include <boost/json/parse.hpp>
#include <string>
#include <string_view>

#include "fuzz/require.h"

namespace {

using egresswatch::Observation;

// Strings end at a NUL byte; numbers are one or two bytes.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string text() {
    const std::string_view found = rest_.substr(0, rest_.find('\0'));
    rest_.remove_prefix(found.size());
    byte();
    return std::string(found);
  }

 private:
  std::string_view rest_;
};

egresswatch::cli::ExportInput input_of(Bytes bytes) {
  egresswatch::cli::ExportInput input;
  input.host_name = bytes.text();
  while (!bytes.empty()) {
    Observation seen;
    seen.service = bytes.text();
    seen.host = bytes.text();
    seen.unit = bytes.text();
    seen.function = static_cast<egresswatch::Function>(bytes.byte() % egresswatch::kFunctionNames.size());
    seen.protocol = static_cast<egresswatch::Protocol>(bytes.byte());
    seen.port = static_cast<std::uint16_t>(bytes.byte() << 8 | bytes.byte());
    seen.unexpected = static_cast<egresswatch::Unexpected>(bytes.byte() % egresswatch::kUnexpectedNames.size());
    seen.established = bytes.byte() % 2;
    seen.last_stage = static_cast<egresswatch::Stage>(bytes.byte() % egresswatch::kStageNames.size());
    seen.last_cause = static_cast<egresswatch::Cause>(bytes.byte() % egresswatch::kCauseNames.size());
    egresswatch::ObservedAddress address{seen.service, seen.host, {}, 1};
    for (std::uint8_t& part : address.address.bytes) part = bytes.byte();
    if (bytes.byte() % 2 == 0)
      address.address = egresswatch::IpAddress::v4(bytes.byte(), bytes.byte(), bytes.byte(), 1);
    input.observations.push_back(seen);
    input.addresses.push_back(address);
  }
  return input;
}

// Lines that are no comments: `allowed` besides letters, digits and spaces.
void require_lines(std::string_view text, std::string_view allowed, const char* what) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    for (const char c : line) require(c >= ' ' && c <= '~', "output is printable ASCII");
    require(!line.ends_with('\\'), "no line goes on in the next one");
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    for (const char c : line) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
      require(plain || allowed.find(c) != std::string_view::npos, what);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = input_of({data, size});
  const std::string nftables = egresswatch::cli::export_nftables(input);
  require_lines(nftables, "_{}@=.,:;/\"-", "nftables has its own characters only");
  const std::string squid = egresswatch::cli::export_squid(input);
  require_lines(squid, "_-.:!", "squid has its own characters only");
  for (const auto format : {egresswatch::cli::export_azure_firewall, egresswatch::cli::export_nsg}) {
    const std::string text = format(input);
    require(text.empty() == nftables.empty(), "there is something for all or for none");
    if (text.empty()) continue;
    boost::system::error_code error;
    const auto document = boost::json::parse(text, error);
    require(!error && document.is_object(), "it is JSON");
    for (const char c : text) require((c >= ' ' && c <= '~') || c == '\n', "output is printable ASCII");
  }
  return 0;
}
