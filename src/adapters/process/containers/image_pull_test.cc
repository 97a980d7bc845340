// SPDX-License-Identifier: Apache-2.0
// Against an engine that answers what it is told; real ones are in container_workloads_test.cc and the end-to-end tests.
#include "adapters/process/containers/image_pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using ::testing::HasSubstr;

const std::string kGood = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

// Answers each request by the first of its rules whose text is in the request's first line.
class ToldEngine {
 public:
  ToldEngine() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::listen(fd_, 8);
    thread_ = std::thread([this] { Serve(); });
  }
  ToldEngine(const ToldEngine&) = delete;
  ToldEngine& operator=(const ToldEngine&) = delete;
  ~ToldEngine() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::string path() const { return folder_.path() + "/sock"; }
  containers::Engine engine() const { return containers::Engine(path()); }
  void Say(const std::string& line_has, int status, const std::string& body) {
    const std::lock_guard lock(mutex_);
    rules_.push_back({line_has, "HTTP/1.0 " + std::to_string(status) + " X\r\n\r\n" + body});
  }
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  struct Rule {
    std::string line_has;
    std::string answer;
  };
  void Serve() {
    for (;;) {
      const int client = ::accept(fd_, nullptr, nullptr);
      if (client < 0) return;
      std::string request;
      char bytes[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(client, bytes, sizeof bytes, 0);
        if (got <= 0) break;
        request.append(bytes, static_cast<std::size_t>(got));
      }
      const std::string line = request.substr(0, request.find('\r'));
      const std::string answer = AnswerTo(line);
      (void)!::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(client);
    }
  }
  std::string AnswerTo(const std::string& line) {
    const std::lock_guard lock(mutex_);
    heard_ += line + "\n";
    for (const Rule& rule : rules_) {
      if (line.find(rule.line_has) != std::string::npos) return rule.answer;
    }
    return "HTTP/1.0 404 X\r\n\r\n{\"message\": \"no such image\"}";
  }

  TemporaryFolder folder_;
  int fd_ = -1;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::string heard_;
};

std::string Image(const std::string& repository, const std::string& digest) {
  return "{\"Id\": \"1\", \"RepoDigests\": [\"" + repository + "@" + digest + "\"]}";
}

TEST(PinImage, ATagBecomesTheDigestInItsOwnRepository) {
  ToldEngine told;
  told.Say("POST /v1.41/images/create", 200, "{\"status\": \"done\"}");
  told.Say("GET", 200, "{\"RepoDigests\": [\"other/api@" + kOther + "\", \"registry:5000/api@" + kGood + "\"]}");
  EXPECT_EQ(PinImage(told.engine(), "registry:5000/api:1", {}).value_or(""), "registry:5000/api@" + kGood);
}

TEST(PinImage, DockersOwnRegistryIsFoundUnderItsShortName) {
  ToldEngine told;
  told.Say("POST", 200, "{}");
  told.Say("GET", 200, Image("docker.io/library/redis", kGood));
  EXPECT_EQ(PinImage(told.engine(), "redis:7", {}).value_or(""), "redis@" + kGood);
}

TEST(PinImage, ADigestThatIsThereIsNotAskedFor) {
  ToldEngine told;
  told.Say("GET", 200, Image("registry/api", kGood));
  EXPECT_EQ(PinImage(told.engine(), "registry/api:1@" + kGood, {}).value_or(""), "registry/api@" + kGood);
  EXPECT_EQ(told.heard().find("POST"), std::string::npos);
}

TEST(PullByDigest, AnotherDigestThanTheOneAskedForIsRefused) {
  ToldEngine told;
  told.Say("POST", 200, "{}");
  told.Say("GET", 200, Image("registry/api", kOther));
  const auto pulled = PullByDigest(told.engine(), "registry/api@" + kGood, {});
  ASSERT_FALSE(pulled.has_value());
  EXPECT_EQ(pulled.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(pulled.error().message, HasSubstr(kOther));
}

TEST(PinImage, WhatTheRegistrySaysIsToldWithTheImageAndWhoAsked) {
  ToldEngine told;
  told.Say("POST", 200, "{\"error\": \"dial tcp: connection refused\"}");
  const auto down = PinImage(told.engine(), "registry/api:1", {});
  ASSERT_FALSE(down.has_value());
  EXPECT_EQ(down.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(down.error().message, HasSubstr("registry/api:1"));
  EXPECT_THAT(down.error().message, HasSubstr("connection refused"));
}

TEST(PinImage, ADeniedPullSaysWhereLoginsAreNamed) {
  ToldEngine told;
  told.Say("POST", 500, "{\"message\": \"unauthorized: authentication required\"}");
  const auto denied = PinImage(told.engine(), "registry.example.com/api:1",
                               {R"({"auths": {"registry.example.com": {"auth": "bWU6Z2VoZWlt"}}})"});
  ASSERT_FALSE(denied.has_value());
  EXPECT_EQ(denied.error().code, ErrorCode::kDenied);
  EXPECT_THAT(ErrorText(denied.error()), HasSubstr("as me"));
  EXPECT_THAT(ErrorText(denied.error()), HasSubstr("imagePullSecrets"));
  EXPECT_THAT(ErrorText(denied.error()), ::testing::Not(HasSubstr("geheim")));
}

TEST(RepositoryOf, LeavesTagAndDigestOutAndTheRegistrysPortIn) {
  EXPECT_EQ(RepositoryOf("registry:5000/team/api:1"), "registry:5000/team/api");
  EXPECT_EQ(RepositoryOf("registry:5000/api@" + kGood), "registry:5000/api");
  EXPECT_EQ(RepositoryOf("api"), "api");
  EXPECT_EQ(RepositoryOf("api:1@" + kGood), "api");
}

}  // namespace
}  // namespace tuesday::process
