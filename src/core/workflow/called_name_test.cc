// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/called_name.h"

#include <gtest/gtest.h>

namespace tuesday::workflow {
namespace {

TEST(CalledNames, AreOfTheCallersOwnRepository) {
  struct Case {
    const char* caller;
    const char* ref;
    const char* name;
  };
  constexpr const char* kOwn = ".github/workflows/ci.yml";
  constexpr const char* kOther = "o/r/.github/workflows/a.yml@v1";
  for (const Case& c : {Case{kOwn, "./.github/workflows/b.yml", ".github/workflows/b.yml"},
                        Case{kOwn, "$/.github/workflows/b.yml", ".github/workflows/b.yml"},
                        Case{kOwn, "./x/../.github//workflows/./b.yml", ".github/workflows/b.yml"}, Case{kOwn, kOther, kOther},
                        Case{kOther, "./.github/workflows/b.yml", "o/r/.github/workflows/b.yml@v1"},
                        Case{kOther, "o/s/.github/workflows/b.yml@main", "o/s/.github/workflows/b.yml@main"},
                        Case{kOther, "./../../x/b.yml", "../../x/b.yml"}, Case{kOwn, "./../b.yml", "../b.yml"}})
    EXPECT_EQ(CalledName(c.caller, c.ref), c.name) << c.caller << " calls " << c.ref;
  EXPECT_TRUE(IsElsewhere(kOther));
  EXPECT_FALSE(IsElsewhere(".github/workflows/a@b.yml"));
}

}  // namespace
}  // namespace tuesday::workflow
