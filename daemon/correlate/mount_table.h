// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace egresswatch::correlate {

// Where a process finds an absolute path without symbolic links, by the text of its /proc/<pid>/mountinfo: the device
// of the file system and the path within it, such as "254:1 /etc/hosts". Two processes for which this is equal open the
// same file, also where each has a mount namespace of its own (a service with a sandbox). Empty if it cannot be told,
// as for a process in a root directory that is no mount point.
//
// mountinfo, other than /proc/<pid>/root, may be read without any right over the process.
std::string location_of(std::string_view path, std::string_view mountinfo);

}  // namespace egresswatch::correlate
