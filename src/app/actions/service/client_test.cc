// SPDX-License-Identifier: Apache-2.0
#include "app/actions/service/client.h"

#include <gtest/gtest.h>

#include "core/workflow/services/token.h"

namespace tuesday::actions {
namespace {

TEST(ServiceTokens, SayWhoTheyAreFor) {
  const std::string token = workflow::SignToken({.run = "run-7", .job = "test.1", .scopes = {}}, "key");
  const auto owner = OwnerOf(token);
  ASSERT_TRUE(owner.has_value());
  EXPECT_EQ(owner->run, "run-7");
  EXPECT_EQ(owner->job, "test.1");
}

TEST(ServiceTokens, ThatAreNoneAreRefused) {
  for (const char* token : {"", "a", "a.b.c", "e30.e30.e30", "e30.eyJzY3AiOiJBY3Rpb25zLlJlc3VsdHM6In0.x"})
    EXPECT_FALSE(OwnerOf(token).has_value()) << token;
}

}  // namespace
}  // namespace tuesday::actions
