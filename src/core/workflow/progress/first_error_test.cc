// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/progress/first_error.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

TEST(FirstErrorLines, AreTheOnesThatAPersonLooksFor) {
  const struct {
    const char* name;
    const char* log;
    const char* line;
  } cases[] = {
      {"marked", "2026-01-01T00:00:00.0Z building\n2026-01-01T00:00:01.0Z ##[error]a.c:3: wrong\nmore\n", "a.c:3: wrong"},
      {"a compiler",
       "gcc -c a.c\na.c:3:5: error: expected ';'\n1 error generated.\n##[error]Process completed with exit code 1.\n",
       "a.c:3:5: error: expected ';'"},
      {"node's test runner", "ok 1 - adds\nnot ok 2 - takes away\n# fail 1\n", "not ok 2 - takes away"},
      {"a shell", "+ frobnicate\n/tmp/x.sh: line 1: frobnicate: command not found\n",
       "/tmp/x.sh: line 1: frobnicate: command not found"},
      {"python", "Traceback (most recent call last):\n  File x\nValueError: no\n", "Traceback (most recent call last):"},
      {"npm", "npm ERR! code E404\nnpm error code E404\n", "npm error code E404"},
      {"nothing but an end", "hello\nbye\n##[error]Process completed with exit code 3.\n", "bye"},
      {"counts of none", "0 errors, 0 warnings\nfailed: 0\nthen it stopped\n", "then it stopped"},
      {"empty", "", ""},
  };
  for (const auto& one : cases) EXPECT_EQ(FirstErrorLine(one.log), one.line) << one.name;
}

}  // namespace
}  // namespace tuesday::workflow
