// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <string>

// The daemon's documents as text for people. A member that is missing or of another type than expected reads as empty:
// a daemon of a later version may be asked. Control bytes of names are escaped.
namespace egresswatch::cli {

// A table of what happened, failures first, then one line for each host where one address family fails and the other
// works.
std::string render_status(const boost::json::object& document, bool colour);

// Sections; the first line is the verdict.
std::string render_explain(const boost::json::object& document, bool colour);

}  // namespace egresswatch::cli
