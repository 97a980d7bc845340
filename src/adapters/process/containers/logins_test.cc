// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/logins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tuesday::process {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// "me:geheim", "other:word"
constexpr const char* kMine = R"({"auths": {"registry.example.com": {"auth": "bWU6Z2VoZWlt"}}})";
constexpr const char* kTwo =
    R"({"auths": {"registry.example.com/team": {"username": "other", "password": "word"}, "https://index.docker.io/v1/": {"auth": "bWU6Z2VoZWlt"}}})";

std::string UserFor(const std::vector<std::string>& files, const std::string& image) {
  const auto login = LoginFor(files, image);
  EXPECT_TRUE(login.has_value());
  return login.has_value() && login->has_value() ? (*login)->user + ":" + (*login)->password : "nobody";
}

TEST(LoginFor, TakesTheRegistrysOwn) {
  EXPECT_EQ(UserFor({kMine}, "registry.example.com/api:1"), "me:geheim");
  EXPECT_EQ(UserFor({kMine}, "registry.example.com.evil.org/api:1"), "nobody");
  EXPECT_EQ(UserFor({kMine}, "api:1"), "nobody");
  EXPECT_EQ(UserFor({}, "registry.example.com/api:1"), "nobody");
}

TEST(LoginFor, ALongerPathGoesBeforeItsRegistryAndTheFirstFileBeforeTheNext) {
  EXPECT_EQ(UserFor({kTwo}, "registry.example.com/team/api:1"), "other:word");
  EXPECT_EQ(UserFor({kTwo}, "registry.example.com/teams/api:1"), "nobody");
  EXPECT_EQ(UserFor({kMine, kTwo}, "registry.example.com/team/api:1"), "me:geheim");
  EXPECT_EQ(UserFor({kTwo, kMine}, "registry.example.com/other:1"), "me:geheim");
}

TEST(LoginFor, DockersOwnRegistryHasSeveralNames) { EXPECT_EQ(UserFor({kTwo}, "library/redis:7"), "me:geheim"); }

TEST(LoginFor, AFileThatIsNoneIsRefusedWithoutAWordOfIt) {
  const auto refused = LoginFor({"geheim"}, "api:1");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(ErrorText(refused.error()), Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace tuesday::process
