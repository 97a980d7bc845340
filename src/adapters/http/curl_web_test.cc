// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/curl_web.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "adapters/http/test_server.h"
#include "testing/contracts/web_contract.h"
#include "testing/fake_web.h"

namespace tuesday::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

using Kept = std::vector<std::shared_ptr<Responder>>;

void Answer(Kept& kept, const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
  const auto redirect = [&](const std::string& to) {
    responder->Send({.status = 302, .headers = {{"Location", to}}, .body = ""});
  };
  if (request.path == "/ok") return responder->Send({.status = 200, .headers = {}, .body = "fine"});
  if (request.path == "/echo") {
    return responder->Send({.status = 200,
                            .headers = {},
                            .body = fmt::format("{} {} {}", request.method, request.Header("x-test"), request.body)});
  }
  if (request.path == "/redirect") return redirect("/ok");
  if (request.path == "/loop") return redirect("/loop");
  if (request.path == "/away") return redirect("http://127.0.0.2:1/ok");
  if (request.path == "/file") return redirect("file:///etc/hostname");
  if (request.path == "/post") return redirect("/echo");
  if (request.path == "/huge")
    return responder->Send({.status = 200, .headers = {}, .body = std::string(kWebAnswerBytesMax + 1, 'x')});
  if (request.path == "/never") return kept.push_back(responder);
  responder->Send({.status = 404, .headers = {}, .body = "no"});
}

// Its requests for /never are not answered as long as it lives.
class AnsweringServer {
 public:
  ~AnsweringServer() {
    server_.OnLoop([this] { return kept_.clear(), 0; });
  }
  std::string Url() const { return server_.Url(); }
  TestServer& server() { return server_; }

 private:
  Kept kept_;
  TestServer server_{
      [this](const HttpRequest& request, const std::shared_ptr<Responder>& responder) { Answer(kept_, request, responder); }};
};

class CurlHarness {
 public:
  tuesday::Web& web() { return web_; }
  std::string Url(const std::string& path) { return server_.Url() + path; }
  static std::string NobodyUrl() { return "http://127.0.0.1:1/"; }

 private:
  AnsweringServer server_;
  CurlWeb web_;
};

class FakeHarness {
 public:
  FakeHarness() {
    web_.Answer(Url("/ok"), 200, "fine");
    web_.Answer(Url("/missing"), 404, "no");
    web_.Answer(Url("/echo"), [](const WebRequest& request) -> Result<WebAnswer> {
      return WebAnswer{200, request.method + " " + request.headers.front().second + " " + request.body};
    });
  }
  tuesday::Web& web() { return web_; }
  static std::string Url(const std::string& path) { return "http://fake.test" + path; }
  static std::string NobodyUrl() { return "http://nobody.test/"; }

 private:
  testing::FakeWeb web_;
};

}  // namespace
}  // namespace tuesday::http

namespace tuesday::testing {
using WebHarnesses = ::testing::Types<http::CurlHarness, http::FakeHarness>;
INSTANTIATE_TYPED_TEST_SUITE_P(Adapters, WebContract, WebHarnesses);
}  // namespace tuesday::testing

namespace tuesday::http {
namespace {

class CurlWebTest : public ::testing::Test {
 protected:
  Result<WebAnswer> Ask(const std::string& path, Duration timeout = seconds(60), const std::string& method = "GET") {
    return web_.Ask({.method = method, .url = server_.Url() + path, .timeout = timeout});
  }
  AnsweringServer server_;
  CurlWeb web_;
};

TEST_F(CurlWebTest, FollowsRedirectsOnTheSameHostOnly) {
  EXPECT_EQ(Ask("/redirect")->body, "fine");
  EXPECT_EQ(Ask("/post", seconds(60), "POST")->body, "GET  ") << "after a 302 the body does not go along";
  const Result<WebAnswer> away = Ask("/away");
  ASSERT_FALSE(away.has_value());
  EXPECT_EQ(away.error().code, ErrorCode::kDenied);
  EXPECT_THAT(away.error().message, HasSubstr("redirects to another host, http://127.0.0.2:1/ok"));
  EXPECT_EQ(Ask("/file").error().code, ErrorCode::kDenied);
}

TEST_F(CurlWebTest, ARedirectThatNeverEndsIsALimit) {
  const Result<WebAnswer> answer = Ask("/loop");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kLimit);
}

TEST_F(CurlWebTest, AnAnswerThatIsTooLargeIsALimit) {
  const Result<WebAnswer> answer = Ask("/huge");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kLimit);
}

TEST_F(CurlWebTest, SilenceEndsWithTheTimeout) {
  const Result<WebAnswer> answer = Ask("/never?token=x", milliseconds(50));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("/never did not answer within 50ms"));
}

TEST_F(CurlWebTest, AShutdownEndsWhatIsUnderWay) {
  std::jthread asks([this] {
    const Result<WebAnswer> answer = Ask("/never");
    ASSERT_FALSE(answer.has_value());
    EXPECT_THAT(answer.error().message, HasSubstr("shutting down"));
  });
  server_.server().Await([](const ServerCounters& counters) { return counters.requests == 1; });
  web_.EndAll();
}

TEST_F(CurlWebTest, LinkLocalAddressesAreNotAsked) {
  for (const char* url :
       {"http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/"}) {
    const Result<WebAnswer> answer = web_.Ask({.url = url});
    ASSERT_FALSE(answer.has_value()) << url;
    EXPECT_EQ(answer.error().code, ErrorCode::kDenied) << url << ": " << answer.error().message;
  }
}

TEST_F(CurlWebTest, OnlyTheWebIsAsked) {
  for (const char* url : {"file:///etc/hostname", "gopher://127.0.0.1:1/", "unix:/run/tuesday.sock"}) {
    EXPECT_FALSE(web_.Ask({.url = url}).has_value()) << url;
  }
}

}  // namespace
}  // namespace tuesday::http
