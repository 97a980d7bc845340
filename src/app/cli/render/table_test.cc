// SPDX-License-Identifier: Apache-2.0
#include "app/cli/render/table.h"

#include <gtest/gtest.h>

namespace tuesday::cli {
namespace {

TEST(Table, AlignsByWhatATerminalShows) {
  Table table({"NAME", "STATUS"});
  table.Add({"⟳ api", "✔ Healthy"});
  table.Add({"checkout", ""});
  EXPECT_EQ(table.Text(), "NAME      STATUS\n⟳ api     ✔ Healthy\ncheckout\n");
}

TEST(AgeText, IsThatOfKubernetes) {
  EXPECT_EQ(AgeText(0), "0s");
  EXPECT_EQ(AgeText(119), "119s");
  EXPECT_EQ(AgeText(150), "2m30s");
  EXPECT_EQ(AgeText(45 * 60), "45m");
  EXPECT_EQ(AgeText(5 * 3600 + 600), "5h10m");
  EXPECT_EQ(AgeText(30 * 3600), "30h");
  EXPECT_EQ(AgeText(7 * 86400), "7d");
  EXPECT_EQ(AgeText(400 * 86400.0), "400d");
}

}  // namespace
}  // namespace tuesday::cli
