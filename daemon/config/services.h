// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/reader.h"
#include "egresswatch/model/catalog.h"

namespace egresswatch::config {

// Reads the keys cloud, hosts, services and vaults of the file.
void read_classify(MappingReader& file, ClassifyOptions& options);

}  // namespace egresswatch::config
