// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/unsupported.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tuesday::manifest {
namespace {

TEST(Unsupported, TheListIsSortedAndWithoutDuplicates) {
  const auto names = UnsupportedNames();
  for (std::size_t i = 1; i < names.size(); ++i) EXPECT_LT(names[i - 1].name, names[i].name);
}

TEST(Unsupported, EveryFindingNamesItsEntry) {
  for (const UnsupportedName& name : UnsupportedNames()) {
    const Finding finding = UnsupportedFinding(name.name, "spec.x", {"a.yaml", 3, 4});
    EXPECT_EQ(RefusedName(finding), name.name);
    EXPECT_EQ(finding.severity, Severity::kError);
  }
}

TEST(Unsupported, ANameThatIsNotListedIsNoRefusal) {
  EXPECT_EQ(RefusedName({{}, Severity::kError, "unsupported", "`nonsense` is not supported yet: x.", ""}), "");
  EXPECT_EQ(RefusedName({{}, Severity::kError, "unknown-key", "`istio` is not a key.", ""}), "");
}

TEST(UnsupportedDeathTest, RefusingWhatIsNotListedIsABug) {
  EXPECT_DEATH(static_cast<void>(UnsupportedFinding("nonsense", "", {})), "in the list of refused names");
}

}  // namespace
}  // namespace tuesday::manifest
