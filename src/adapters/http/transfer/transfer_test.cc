// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/transfer/transfer.h"

#include <gmock/gmock.h>

#include "adapters/files/files.h"
#include "adapters/http/test_server.h"
#include "testing/temporary_folder.h"

namespace tuesday::http {
namespace {

void Answer(const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
  const int status = request.path == "/no" ? 403 : 200;
  const std::string text = request.method + " " + request.Header("x-test") + " " + request.body;
  responder->Send({.status = status, .headers = {{"Content-Type", "application/zip"}}, .body = text});
}

class Transfers : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  TemporaryFolder folder_;
  TestServer server_{Answer};
};

TEST_F(Transfers, SendAPartOfAFile) {
  ASSERT_TRUE(files::ReplaceFile(Path("file"), "0123456789").has_value());
  const auto answer = Transfer({.method = "PUT",
                                .url = server_.Url() + "/x",
                                .headers = {{"x-test", "yes"}},
                                .body = "",
                                .section = {Path("file"), 3, 4},
                                .answer_path = "",
                                .answer_bytes_max = 0});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "PUT yes 3456");
  EXPECT_EQ(answer->content_type, "application/zip");
}

TEST_F(Transfers, PutAnAnswerIntoAFileAndARefusalIntoTheAnswer) {
  TransferRequest request{.url = server_.Url() + "/x", .answer_path = Path("got"), .answer_bytes_max = 100};
  auto answer = Transfer(request);
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(*files::ReadFile(Path("got")), "GET  ");
  request.url = server_.Url() + "/no";
  answer = Transfer(request);
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->body, "GET  ");
}

TEST_F(Transfers, EndAtTheirLimitsAndSayWhoDoesNotAnswer) {
  const TransferRequest large{.url = server_.Url() + "/x", .answer_path = Path("got"), .answer_bytes_max = 4};
  EXPECT_EQ(Transfer(large).error().code, ErrorCode::kLimit);
  const auto nobody = Transfer({.url = "http://127.0.0.1:1/path?signature=secret"});
  EXPECT_EQ(nobody.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(nobody.error().message, testing::Not(testing::HasSubstr("secret")));
  const TransferRequest none{.method = "PUT", .url = server_.Url(), .section = {Path("none"), 0, 1}};
  EXPECT_EQ(Transfer(none).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tuesday::http
