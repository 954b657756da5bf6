// SPDX-License-Identifier: Apache-2.0
#include "app/logging.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace egresswatch::app {
namespace {

class UnderJournal : public ::testing::Test {
 protected:
  UnderJournal() {
    if (const char* value = ::getenv(kVariable)) before_ = value;
  }
  ~UnderJournal() override { before_.empty() ? ::unsetenv(kVariable) : ::setenv(kVariable, before_.c_str(), 1); }

  static constexpr const char* kVariable = "JOURNAL_STREAM";

 private:
  std::string before_;
};

TEST_F(UnderJournal, NotWithoutTheVariable) {
  ::unsetenv(kVariable);
  EXPECT_FALSE(under_journal());
}

TEST_F(UnderJournal, IfTheVariableNamesStandardError) {
  struct stat status {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  ::setenv(kVariable, (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
  EXPECT_TRUE(under_journal());
}

TEST_F(UnderJournal, NotIfAParentInheritedTheVariable) {
  ::setenv(kVariable, "9:12345678", 1);
  EXPECT_FALSE(under_journal());
}

}  // namespace
}  // namespace egresswatch::app
