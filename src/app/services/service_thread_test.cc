// SPDX-License-Identifier: Apache-2.0
// Uploads as they come by the socket.
#include "app/services/service_thread.h"

#include <gtest/gtest.h>

#include "adapters/files/files.h"
#include "adapters/http/client.h"
#include "app/services/services_test_client.h"

namespace tuesday::services {
namespace {

constexpr Duration kAnswerTime = std::chrono::seconds(60);

class Uploads : public ::testing::Test {
 protected:
  Uploads() {
    auto started = ServiceThread::Start({.origin = std::string(kTestOrigin),
                                         .key = "key",
                                         .artifacts_folder = world_.folder.path() + "/artifacts",
                                         .cache_folder = world_.folder.path() + "/cache",
                                         .limits = {.piece_bytes_max = 12 << 20}},
                                        world_.clock, socket_);
    EXPECT_TRUE(started.has_value()) << started.error().message;
    thread_ = *std::move(started);
  }

  http::HttpResponse Send(const std::string& method, const std::string& target, const std::string& body,
                          const std::string& token = "") {
    auto client = http::HttpClient::To("unix:" + socket_);
    http::ClientRequest request{.method = method, .target = target, .headers = {}, .body = body};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    auto answer = client->Send(request, kAnswerTime);
    EXPECT_TRUE(answer.has_value()) << answer.error().message;
    return answer.value_or(http::HttpResponse{.status = 0});
  }

  Json Call(const std::string& method, const std::string& body) {
    const std::string token = world_.Token("run-1", "build");
    const auto answer = Send("POST", "/twirp/github.actions.results.api.v1.ArtifactService/" + method, body, token);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return TestServices::BodyOf(answer);
  }

  TestServices world_;  // For its folder, clock and tokens.
  std::string socket_ = world_.folder.path() + "/sock";
  std::unique_ptr<ServiceThread> thread_;
};

constexpr std::string_view kIds = R"("workflow_run_backend_id":"run-1","workflow_job_run_backend_id":"build","name":"dist")";

TEST_F(Uploads, ALargePieceGoesToItsPlaceAndComesBack) {
  const std::string begun =
      Call("CreateArtifact", fmt::format(R"({{{},"version":4}})", kIds)).At("signed_upload_url").StringOr("");
  std::string piece(10 << 20, 'x');
  piece.replace(5'000'000, 6, "middle");
  const std::string target = begun.substr(kTestOrigin.size());
  EXPECT_EQ(Send("PUT", target + "&comp=block&blockid=MQ%3D%3D", piece).status, 201);
  EXPECT_EQ(Send("PUT", target + "&comp=blocklist", "<BlockList><Latest>MQ==</Latest></BlockList>").status, 201);
  EXPECT_EQ(Send("PUT", target, std::string((12 << 20) + 1, 'x')).status, 413);
  Call("FinalizeArtifact", fmt::format(R"({{{},"size":"{}"}})", kIds, piece.size()));
  const Json signed_url = Call("GetSignedArtifactURL", fmt::format("{{{}}}", kIds));
  const auto content = Send("GET", signed_url.At("signed_url").StringOr("").substr(kTestOrigin.size()), "");
  EXPECT_TRUE(content.body == piece) << content.body.size();
}

TEST_F(Uploads, NobodyUploadsWithoutAnAddressOrAToken) {
  const std::string body(1 << 20, 'x');
  EXPECT_EQ(Send("PUT", "/content/upload/run-1/1?sig=none", body).status, 403);
  EXPECT_EQ(Send("PATCH", "/_apis/artifactcache/caches/1", body, "not.a.token").status, 403);
  EXPECT_FALSE(files::Exists(world_.folder.path() + "/artifacts")) << "not even a place was made for it";
}

}  // namespace
}  // namespace tuesday::services
