// SPDX-License-Identifier: Apache-2.0
// Boost.JSON without its library: the whole of it, compiled here once.
#include <boost/json/src.hpp>
