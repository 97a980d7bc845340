// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "app/actions/aws/call.h"
#include "app/actions/aws/docker_login.h"
#include "app/actions/aws/id_token.h"
#include "app/actions/aws/inputs.h"
#include "base/json.h"

namespace tuesday::actions {
namespace {

using Variables = std::map<std::string, std::string>;

// Variables for the time of one test.
class With {
 public:
  explicit With(Variables variables) : variables_(std::move(variables)) {
    for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~With() {
    for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
  }

 private:
  Variables variables_;
};

TEST(AwsCall, TheEndpointIsTheSdks) {
  const aws::Service sts{"sts", "sts", "eu-west-1"};
  const aws::Service ecr{"ecr", "api.ecr", "cn-north-1"};
  EXPECT_EQ(aws::EndpointOf(sts), "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(aws::EndpointOf(ecr), "https://api.ecr.cn-north-1.amazonaws.com.cn/");
  const With all(Variables{{"AWS_ENDPOINT_URL", "http://a:5000/"}});
  EXPECT_EQ(aws::EndpointOf(sts), "http://a:5000/");
  const With one(Variables{{"AWS_ENDPOINT_URL_STS", "http://b"}});
  EXPECT_EQ(aws::EndpointOf(sts), "http://b/");
  EXPECT_EQ(aws::EndpointOf(ecr), "http://a:5000/");
}

TEST(AwsCall, ReadsWhatAwsAnswers) {
  const std::string xml =
      "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not &lt;authorized&gt; &amp;amp; "
      "so</Message></Error></ErrorResponse>";
  EXPECT_EQ(aws::ReadRefusal(xml).code, "AccessDenied");
  EXPECT_EQ(aws::ReadRefusal(xml).message, "Not <authorized> &amp; so");
  EXPECT_EQ(aws::ReadRefusal(R"({"__type":"com.amazon#InvalidParameterException","message":"no"})").code,
            "InvalidParameterException");
  EXPECT_EQ(aws::ReadRefusal("nonsense").message, "");
  EXPECT_EQ(aws::XmlText("<A>1</A>", "B"), "");
  EXPECT_EQ(aws::XmlText("<A>1", "A"), "");
  EXPECT_EQ(aws::FormOf({{"Action", "A b"}, {"RoleArn", "arn:aws:iam::1:role/x"}}),
            "Action=A%20b&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx");
}

TEST(AwsInputs, AreReadAsTheOriginalReadsThem) {
  EXPECT_EQ(aws::ReadInputs().error().message, "Input required and not supplied: aws-region");
  const With region(Variables{{"INPUT_AWS-REGION", "eu-west-1"}});
  const auto plain = aws::ReadInputs();
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->audience, "sts.amazonaws.com");
  EXPECT_EQ(plain->assume.session_name, "GitHubActions");
  EXPECT_EQ(plain->assume.seconds, 3600);
  EXPECT_EQ(plain->tries_max, 12);
  EXPECT_FALSE(plain->mask_account);
  EXPECT_TRUE(plain->environment_credentials);
  {
    const With short_time(Variables{{"INPUT_ROLE-DURATION-SECONDS", "10"}});
    EXPECT_EQ(aws::ReadInputs().error().code, ErrorCode::kInvalid);
  }
  {
    const With half(Variables{{"INPUT_AWS-ACCESS-KEY-ID", "A"}});
    EXPECT_EQ(aws::ReadInputs().error().code, ErrorCode::kInvalid);
  }
  const With more(Variables{{"INPUT_ALLOWED-ACCOUNT-IDS", "1, 2"}, {"INPUT_DISABLE-RETRY", "true"}});
  EXPECT_EQ(aws::ReadInputs()->allowed_accounts, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(aws::ReadInputs()->tries_max, 1);
}

TEST(AwsInputs, ARoleIsAnArnOrANameInTheAccount) {
  EXPECT_EQ(aws::RoleArn("arn:aws:iam::1:role/a", ""), "arn:aws:iam::1:role/a");
  EXPECT_EQ(aws::RoleArn("arn:aws-cn:iam::1:role/a", ""), "arn:aws-cn:iam::1:role/a");
  EXPECT_EQ(aws::RoleArn("deploy", "123"), "arn:aws:iam::123:role/deploy");
  EXPECT_EQ(aws::RoleArn("deploy", "").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(aws::TagText("a*b [c]"), "a_b _c_");
}

TEST(IdToken, ItsClaimsAreRead) {
  EXPECT_EQ(aws::ClaimsIn("e30.eyJzdWIiOiJzIn0.x").At("sub"), Json("s"));
  for (const char* bad : {"", "a", "a.b", "a.!.c"}) EXPECT_TRUE(aws::ClaimsIn(bad).is_null()) << bad;
}

TEST(DockerLogin, LeavesOthersAlone) {
  const auto one = WithLogin("", {"1.dkr.ecr.eu-west-1.amazonaws.com", "AWS", "pass"});
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(ParseJson(*one)->At("auths").At("1.dkr.ecr.eu-west-1.amazonaws.com").At("auth"), Json("QVdTOnBhc3M="));
  const auto two = WithLogin(R"({"credHelpers":{"a":"b"},"auths":{"other":{"auth":"x"}}})", {"r", "u", "p"});
  const auto out = WithoutLogins(*two, {"r", "never"});
  EXPECT_EQ(ParseJson(*out), ParseJson(R"({"credHelpers":{"a":"b"},"auths":{"other":{"auth":"x"}}})"));
  EXPECT_FALSE(WithLogin("[]", {"r", "u", "p"}).has_value());
  EXPECT_FALSE(WithLogin("{", {"r", "u", "p"}).has_value());
}

TEST(DockerLogin, IsWhereTheProgramsLook) {
  const With home(Variables{{"HOME", "/h"}});
  EXPECT_EQ(LoginFiles(), std::vector<std::string>{"/h/.docker/config.json"});
  const With more(Variables{{"DOCKER_CONFIG", "/d"}, {"REGISTRY_AUTH_FILE", "/r/auth.json"}});
  EXPECT_EQ(LoginFiles(), (std::vector<std::string>{"/d/config.json", "/r/auth.json"}));
}

}  // namespace
}  // namespace tuesday::actions
