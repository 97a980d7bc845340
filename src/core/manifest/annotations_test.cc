// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/annotations.h"

#include <gtest/gtest.h>

namespace tuesday::manifest {
namespace {

TEST(AnnotationsRead, DefaultsAreThoseOfTheDocs) {
  const Result<Annotations> read = ReadAnnotations({{"other.io/x", "y"}});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, Annotations{});
  EXPECT_EQ(read->bake, std::chrono::minutes(10));
}

TEST(AnnotationsRead, AllOfThem) {
  const Result<Annotations> read = ReadAnnotations({{"tuesday/rollback", "true"},
                                                    {"tuesday/no-evidence", "hold"},
                                                    {"tuesday/bake", "1m30s"},
                                                    {"tuesday/bake-keep", "none"},
                                                    {"tuesday/sticky", "true"}});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->rollback, RuleRollback::kYes);
  EXPECT_EQ(read->no_evidence, NoEvidence::kHold);
  EXPECT_EQ(read->bake, std::chrono::seconds(90));
  EXPECT_EQ(read->bake_keep, BakeKeep::kNone);
  EXPECT_EQ(read->sticky, Sticky::kOn);
}

struct BadCase {
  const char* name;
  const char* key;
  const char* value;
  const char* expected;
};

class BadAnnotation : public testing::TestWithParam<BadCase> {};

TEST_P(BadAnnotation, IsNamedWithItsMend) {
  const Result<Annotations> read = ReadAnnotations({{GetParam().key, GetParam().value}});
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(ErrorText(read.error()).find(GetParam().expected), std::string::npos) << ErrorText(read.error());
}

INSTANTIATE_TEST_SUITE_P(Cases, BadAnnotation,
                         testing::Values(BadCase{"Misspelt", "tuesday/stiky", "true", "Did you mean `tuesday/sticky`?"},
                                         BadCase{"UnknownPolicy", "tuesday/no-evidence", "abort",
                                                 "abort-after-deadline, fail or hold"},
                                         BadCase{"BakeWithoutUnit", "tuesday/bake", "10", "a duration like 10m"},
                                         BadCase{"NegativeBake", "tuesday/bake", "-5m", "a duration like 10m"},
                                         BadCase{"BakeOfYears", "tuesday/bake", "9000h", "at most 720h"},
                                         BadCase{"KeepWhom", "tuesday/bake-keep", "both", "predecessor or none"},
                                         BadCase{"RollbackYes", "tuesday/rollback", "yes", "\"true\" or \"false\""}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tuesday::manifest
