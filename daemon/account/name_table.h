// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace egresswatch::account {

// Numbers for names below a parent (hosts of a service, units of a host). Looking up does not allocate.
class NameTable {
 public:
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t parent, std::string_view name) const;
  void add(std::uint32_t parent, std::string_view name, std::uint32_t id);

 private:
  struct Key {
    std::uint32_t parent;
    std::string name;
  };
  struct View {
    std::uint32_t parent;
    std::string_view name;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const View& key) const {
      return std::hash<std::string_view>{}(key.name) ^ (key.parent * std::size_t{0x9E3779B97F4A7C15});
    }
    std::size_t operator()(const Key& key) const { return (*this)(View{key.parent, key.name}); }
  };
  struct Equal {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.parent == b.parent && a.name == b.name;
    }
  };

  boost::unordered_flat_map<Key, std::uint32_t, Hash, Equal> ids_;
};

}  // namespace egresswatch::account
