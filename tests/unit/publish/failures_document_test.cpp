// SPDX-License-Identifier: Apache-2.0
// docs/failures.md explains every cause that an event can have, under its stage.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "egresswatch/model/outcome.h"

namespace egresswatch::publish {
namespace {

std::string document() {
  std::ifstream file(std::string(EGRESSWATCH_SOURCE_DIR) + "/docs/failures.md");
  EXPECT_TRUE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(FailuresDocument, HasEveryCause) {
  const std::string text = document();
  for (const auto cause : kCauseNames) {
    if (cause == "none") continue;
    const std::string name(cause);
    EXPECT_TRUE(text.find("/" + name + "`") != std::string::npos || text.find("`" + name + "`") != std::string::npos)
        << name;
  }
  for (const auto cause : kDnsCauseNames) {
    if (cause != "none") {
      EXPECT_NE(text.find("`" + std::string(cause) + "`"), std::string::npos) << cause;
    }
  }
}

TEST(FailuresDocument, HasEveryStage) {
  const std::string text = document();
  for (const auto stage : kStageNames) {
    if (stage != "none") {
      EXPECT_NE(text.find(": `" + std::string(stage) + "`\n"), std::string::npos) << stage;
    }
  }
}

}  // namespace
}  // namespace egresswatch::publish
