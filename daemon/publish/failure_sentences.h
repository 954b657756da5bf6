// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "egresswatch/model/report.h"

namespace egresswatch::publish {

// Why a connection failed, by its stage and cause.
void append_failure(std::string& out, const ConnectionReport& report);

// What else has to do with it: other connections of the process, a name that does not fit.
void append_involved(std::string& out, const ConnectionReport& report);

}  // namespace egresswatch::publish
