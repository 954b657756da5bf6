// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/outcome.h"
#include "egresswatch/model/policy.h"

namespace egresswatch::classify {

// Who reaches out. Empty texts are not known.
struct Subject {
  std::string_view unit = {};
  std::string_view slice = {};
  std::string_view container_id = {};
  std::string_view container_name = {};
  std::string_view process = {};
  std::uint32_t uid = 0;
  bool uid_known = false;
};

// What is reached for.
struct Contact {
  std::string_view host = {};          // empty = no name is known
  const IpAddress* address = nullptr;  // of the destination itself; null behind a proxy
  std::uint16_t port = 0;              // 0 where the protocol has none
  bool port_expected = true;           // the service is offered there
  PolicyProtocol protocol = PolicyProtocol::tcp;
  ServiceId service = kOtherService;
};

// A policy, compiled for lookups that neither allocate nor fail. Immutable: a reload makes a new one.
class Policy {
 public:
  using SectionId = std::uint32_t;
  // Who fits no section: the policy's own mode and rules hold.
  static constexpr SectionId kEverybody = std::numeric_limits<SectionId>::max();

  struct Judgement {
    Unexpected reason = Unexpected::none;  // else wrong_port or not_in_policy
    std::size_t line = 0;                  // of the rule that allows it, or allows it on other ports; 0 = none does
  };

  explicit Policy(PolicyOptions options);
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;
  ~Policy();

  // The first section whose selectors all fit; the index in options().sections.
  [[nodiscard]] SectionId section_of(const Subject& subject) const;
  // Whether what no rule allows is flagged there.
  [[nodiscard]] bool flags(SectionId section) const;
  // By the rules of the section and those for everybody, whether it flags or not.
  [[nodiscard]] Judgement judge(SectionId section, const Contact& contact) const;

  // Whether anything can be flagged at all.
  [[nodiscard]] bool flags_anything() const;
  [[nodiscard]] const PolicyOptions& options() const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

// Whether the whole text fits a pattern in which * stands for any characters, also none.
bool fits_glob(std::string_view pattern, std::string_view text);

}  // namespace egresswatch::classify
