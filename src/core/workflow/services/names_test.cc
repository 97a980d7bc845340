// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/services/names.h"

#include <gtest/gtest.h>

#include <string>

namespace tuesday::workflow {
namespace {

TEST(ArtifactNames, ThatCouldLeadElsewhereAreRefused) {
  const std::string long_name(kArtifactNameBytesMax + 1, 'a');
  for (const std::string& name :
       std::vector<std::string>{"", ".", "..", "../../etc/passwd", "a/b", "a\\b", "a:b", "a\"b", "a<b", "a>b", "a|b", "a*b",
                                "a?b", "a\nb", "a\rb", std::string("a\0b", 3), long_name}) {
    EXPECT_FALSE(CheckArtifactName(name).has_value()) << name;
  }
  for (const char* name : {"dist", "...", "build (1, 2)", "ärger", "a.b-c_d"})
    EXPECT_TRUE(CheckArtifactName(name).has_value()) << name;
}

TEST(CacheKeys, HaveNoCommaAndAnEnd) {
  EXPECT_TRUE(CheckCacheKey("Linux-npm-0123").has_value());
  EXPECT_TRUE(CheckCacheKey(std::string(kCacheKeyCharactersMax, 'k')).has_value());
  EXPECT_FALSE(CheckCacheKey(std::string(kCacheKeyCharactersMax + 1, 'k')).has_value());
  for (const char* key : {"", "a,b", "a\nb"}) EXPECT_FALSE(CheckCacheKey(key).has_value()) << key;
  EXPECT_FALSE(CheckCacheVersion("").has_value());
  EXPECT_TRUE(CheckCacheVersion("0123abc").has_value());
}

}  // namespace
}  // namespace tuesday::workflow
