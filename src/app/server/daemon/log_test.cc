// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/log.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "core/access/token.h"

namespace tuesday::server {
namespace {

using config::LogFormat;
using config::LogLevel;

TEST(LogLine, IsOneLineForPeople) {
  EXPECT_EQ(LogLine(LogFormat::kText, "T", "info",
                    "act\x1e"
                    "by\x1froot (uid 0)\x1epath\x1f/v1/apply"),
            "T info act by=\"root (uid 0)\" path=/v1/apply\n");
  EXPECT_EQ(LogLine(LogFormat::kText, "T", "info", "a\nb\x1b[2J"), "T info a\\x0ab\\x1b[2J\n");
}

TEST(LogLine, IsOneObjectForPrograms) {
  const std::string line = LogLine(LogFormat::kJson, "T", "warning",
                                   "say \"hi\"\n\x1e"
                                   "by\x1f{x}\x1etime\x1f"
                                   "forged");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Json json = ParseJson(line).value();
  EXPECT_EQ(json.At("message").StringOr(""), "say \"hi\"\n");
  EXPECT_EQ(json.At("by").StringOr(""), "{x}");
  EXPECT_EQ(json.At("time").StringOr(""), "T") << "no field replaces what the log itself says";
}

TEST(LogLine, HoldsNoSecret) {
  const std::string secret = access::SecretOf(std::string(access::kSecretRandomBytes, '\x7e'));
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string line = LogLine(format, "T", "info",
                                     "got " + secret +
                                         "\x1e"
                                         "authorization\x1f"
                                         "Bearer " +
                                         secret);
    EXPECT_FALSE(line.contains(secret.substr(4, 16))) << line;
    EXPECT_TRUE(line.contains("tue_***")) << line;
  }
}

TEST(Log, ItsLinesGoToStandardErrorWithTheirFields) {
  ::testing::internal::CaptureStderr();
  SetLog(LogLevel::kWarning, LogFormat::kJson);
  Say(LogLevel::kInfo, "not said", {});
  Say(LogLevel::kWarning, "said {}",
      {{"path",
        "/v1\x1e"
        "by\x1f"
        "root"}});
  SetLog(LogLevel::kInfo, LogFormat::kText);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_FALSE(said.contains("not said"));
  const Json json = ParseJson(said).value();
  EXPECT_EQ(json.At("message").StringOr(""), "said {}");
  EXPECT_EQ(json.At("path").StringOr(""), "/v1byroot");
  EXPECT_TRUE(json.At("by").is_null());
}

}  // namespace
}  // namespace tuesday::server
