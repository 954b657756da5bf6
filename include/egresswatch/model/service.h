// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// What a destination is for. The names are label values of the public metrics and words of the configuration.
namespace egresswatch {

// 0 = other; 1 to 8 = the services below; from 9 on, those that the user defines, in the order of the configuration.
using ServiceId = std::uint16_t;

enum class BuiltinService : ServiceId {
  other,
  key_vault,
  managed_hsm,
  entra,
  arm,
  graph,
  revocation,
  imds,
  wireserver
};

inline constexpr std::array<std::string_view, 9> kServiceNames{"other", "key_vault",  "managed_hsm", "entra",     "arm",
                                                               "graph", "revocation", "imds",        "wireserver"};
inline constexpr ServiceId kOtherService = 0;
inline constexpr ServiceId kFirstUserService = static_cast<ServiceId>(kServiceNames.size());

constexpr ServiceId id_of(BuiltinService service) { return static_cast<ServiceId>(service); }

// The sections of Microsoft's page "Access Azure Key Vault behind a firewall" (authentication, management, graph,
// vault_operations, revocation), and platform for what the host itself offers; none for services that users define.
enum class Function : std::uint8_t {
  none,
  authentication,
  management,
  graph,
  vault_operations,
  revocation,
  platform,
};
inline constexpr std::array<std::string_view, 7> kFunctionNames{
    "none", "authentication", "management", "graph", "vault_operations", "revocation", "platform"};

// A host talks to one national cloud; `all` marks catalog entries that every cloud needs.
enum class Cloud : std::uint8_t { all, public_cloud, china, usgov };
inline constexpr std::array<std::string_view, 4> kCloudNames{"all", "public", "china", "usgov"};

static_assert(kServiceNames.size() == id_of(BuiltinService::wireserver) + 1);
static_assert(kFunctionNames.size() == static_cast<std::size_t>(Function::platform) + 1);
static_assert(kCloudNames.size() == static_cast<std::size_t>(Cloud::usgov) + 1);

constexpr std::string_view to_string(BuiltinService service) { return kServiceNames[id_of(service)]; }
constexpr std::string_view to_string(Function function) { return kFunctionNames[static_cast<std::size_t>(function)]; }
constexpr std::string_view to_string(Cloud cloud) { return kCloudNames[static_cast<std::size_t>(cloud)]; }

// The services whose names can have a private endpoint of their own.
constexpr bool is_vault(ServiceId service) {
  return service == id_of(BuiltinService::key_vault) || service == id_of(BuiltinService::managed_hsm);
}

// What the hosts of a built-in service are needed for.
constexpr Function default_function(BuiltinService service) {
  constexpr std::array<Function, kServiceNames.size()> kFunctions{
      Function::none,           Function::vault_operations, Function::vault_operations,
      Function::authentication, Function::management,       Function::graph,
      Function::revocation,     Function::platform,         Function::platform};
  return kFunctions[id_of(service)];
}

}  // namespace egresswatch
