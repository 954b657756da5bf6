// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "classify/classifier.h"
#include "classify/embedded_catalog.h"
#include "config/config.h"

namespace egresswatch::classify {

// The catalog that is part of the program.
inline const Catalog& builtin_catalog() {
  static const Catalog catalog = [] {
    auto parsed = config::parse_catalog(embedded_catalog(), "catalog.yaml");
    EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
    return parsed ? *parsed : Catalog{};
  }();
  return catalog;
}

inline Classifier compiled(const Catalog& catalog, const ClassifyOptions& options, const ServiceTags& tags = {}) {
  auto classifier = Classifier::compile(catalog, options, tags);
  if (!classifier) throw std::runtime_error(classifier.error().message);
  return std::move(*classifier);
}

inline ClassifyOptions options_for(Cloud cloud) {
  ClassifyOptions options;
  options.cloud = cloud;
  return options;
}

inline Classifier builtin_classifier(Cloud cloud) { return compiled(builtin_catalog(), options_for(cloud)); }

}  // namespace egresswatch::classify
