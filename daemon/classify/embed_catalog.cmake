# SPDX-License-Identifier: Apache-2.0
# cmake -D INPUT=<file> -D OUTPUT=<file.cpp> -P embed_catalog.cmake: writes the bytes of INPUT as a C++ array.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(
  WRITE ${OUTPUT}
  "// Made from catalog.yaml by embed_catalog.cmake.
#include \"classify/embedded_catalog.h\"

namespace egresswatch::classify {
namespace {
constexpr char kBytes[] = {
${bytes}
};
}  // namespace

std::string_view embedded_catalog() { return {kBytes, sizeof kBytes}; }

}  // namespace egresswatch::classify
")
