// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <gtest/gtest.h>

namespace tuesday {
namespace {

TEST(Finding, PrintsPlaceSeveritySentenceMendAndRule) {
  const Finding finding{{"a.yaml", 3, 7}, Severity::kWarning, "mutable-tag", "The tag may change.", "Use a digest."};
  EXPECT_EQ(finding.Text(), "a.yaml:3:7: warning: The tag may change. Use a digest. [mutable-tag]");
}

TEST(SourcePos, OfAWholeFileIsItsName) { EXPECT_EQ((SourcePos{"a.yaml", 0, 0}).Text(), "a.yaml"); }

struct NearestCase {
  const char* name;
  std::string_view word;
  std::string expected;
};

class Nearest : public testing::TestWithParam<NearestCase> {};

TEST_P(Nearest, Word) { EXPECT_EQ(NearestWord(GetParam().word, {"setWeight", "pause", "analysis"}), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(Cases, Nearest,
                         testing::Values(NearestCase{"AnotherCase", "setweight", "setWeight"},
                                         NearestCase{"TwoSwapped", "puase", "pause"},
                                         NearestCase{"NothingNear", "zzzzzzzz", ""}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tuesday
