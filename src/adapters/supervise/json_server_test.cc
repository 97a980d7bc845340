// SPDX-License-Identifier: Apache-2.0
#include "adapters/supervise/json_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "adapters/supervise/caller.h"
#include "adapters/supervise/unix_address.h"
#include "testing/temporary_folder.h"

namespace tuesday::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// A server on a thread of its own that answers with what it was asked.
class Echo {
 public:
  explicit Echo(const std::string& path) {
    auto server = JsonServer::Listen(loop_, path, [](const Json& request) -> Json {
      if (request.At("do").StringOr("") == "fail") {
        return ErrorAnswer({ErrorCode::kStale, "Generation 3 is in force.", "Ask again."});
      }
      auto answer = OkAnswer();
      answer["said"] = request.At("say");
      return answer;
    });
    EXPECT_TRUE(server.has_value());
    server_ = std::move(server).value();
    thread_ = std::thread([this] {
      while (!ended_) loop_.RunOnce(milliseconds(5));
    });
  }
  ~Echo() {
    ended_ = true;
    thread_.join();
  }

 private:
  PollLoop loop_;
  std::unique_ptr<JsonServer> server_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

files::Fd ConnectTo(const std::string& path) {
  const auto address = MakeUnixAddress(path);
  files::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(fd.get(), address->get(), address->size()), 0);
  return fd;
}

std::string SayRaw(int fd, const std::string& bytes) {
  EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string answer;
  char letter = 0;
  while (::recv(fd, &letter, 1, 0) == 1 && letter != '\n') answer += letter;
  return answer;
}

TEST(JsonServer, AnswersCallsAndHandsErrorsOn) {
  const TemporaryFolder folder;
  const Echo echo(folder.path("sock"));
  EXPECT_EQ(Call(folder.path("sock"), {{"say", "hello\n"}}, seconds(5))->At("said").StringOr(""), "hello\n");
  const auto failed = Call(folder.path("sock"), {{"do", "fail"}}, seconds(5));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error(), (Error{ErrorCode::kStale, "Generation 3 is in force.", "Ask again."}));
}

TEST(JsonServer, CarriesAMegabyteAndRefusesMoreThanItsLimit) {
  const TemporaryFolder folder;
  const Echo echo(folder.path("sock"));
  const std::string megabyte(1 << 20, 'x');
  EXPECT_EQ(Call(folder.path("sock"), {{"say", megabyte}}, seconds(20))->At("said").StringOr(""), megabyte);
  const auto refused = Call(folder.path("sock"), {{"say", std::string(kLineBytesMax + 1, 'x')}}, seconds(20));
  ASSERT_FALSE(refused.has_value());
}

TEST(JsonServer, FolderWithALongPathWorks) {
  const TemporaryFolder folder;
  const std::string deep = folder.path(std::string(200, 'd'));
  ASSERT_EQ(::mkdir(deep.c_str(), 0700), 0);
  const Echo echo(deep + "/sock");
  EXPECT_TRUE(Call(deep + "/sock", {{"say", 1}}, seconds(5)).has_value());
}

TEST(JsonServer, SaysSoWhenItIsAskedNonsenseOrAnotherProtocolAndGoesOn) {
  const TemporaryFolder folder;
  const Echo echo(folder.path("sock"));
  const files::Fd fd = ConnectTo(folder.path("sock"));
  EXPECT_THAT(SayRaw(fd.get(), "no json\n"), HasSubstr("\"error\""));
  EXPECT_THAT(SayRaw(fd.get(), R"({"protocol":99,"say":1})"
                               "\n"),
              HasSubstr("unsupported"));
  EXPECT_THAT(SayRaw(fd.get(), R"({"protocol":1,"say":1})"
                               "\n"),
              HasSubstr("\"said\":1"));
}

TEST(JsonServer, ClientThatStopsInTheMiddleOfALineHoldsNobodyUp) {
  const TemporaryFolder folder;
  const Echo echo(folder.path("sock"));
  const files::Fd half = ConnectTo(folder.path("sock"));
  ASSERT_EQ(::send(half.get(), "{\"say", 5, MSG_NOSIGNAL), 5);
  EXPECT_TRUE(Call(folder.path("sock"), {{"say", 1}}, seconds(5)).has_value());
}

TEST(JsonServer, AnAnswerMayComeLaterAndHoldsNoOtherClientUp) {
  const TemporaryFolder folder;
  PollLoop loop;
  std::vector<JsonServer::Reply> waiting;
  int went = 0;
  auto server = JsonServer::ListenLater(loop, folder.path("sock"), [&](const Json& request, JsonServer::Reply reply) {
    if (request.At("do").StringOr("") == "wait") return waiting.push_back(std::move(reply));
    ++went;
    // An answer to another client in the middle of this one's request.
    for (const auto& one : waiting) one(Json(Json::Object{{"late", true}}));
    reply(OkAnswer());
  });
  ASSERT_TRUE(server.has_value());
  std::atomic<int> answered{0};
  std::thread first([&] { answered += Call(folder.path("sock"), {{"do", "wait"}}, seconds(60))->At("late").BoolOr(false); });
  while (waiting.empty()) loop.RunOnce(milliseconds(5));
  // One that hung up is forgotten.
  ConnectTo(folder.path("sock"));
  std::thread second([&] { answered += Call(folder.path("sock"), {{"do", "go"}}, seconds(60)).has_value() ? 10 : 0; });
  while (answered < 11) loop.RunOnce(milliseconds(5));
  first.join();
  second.join();
  server->reset();
  waiting.front()(OkAnswer());
  EXPECT_EQ(answered, 11);
  EXPECT_EQ(went, 1);
}

TEST(Call, NobodyThereAndNoAnswerAreUnavailable) {
  const TemporaryFolder folder;
  EXPECT_EQ(Call(folder.path("sock"), {}, seconds(1)).error().code, ErrorCode::kUnavailable);
  const auto address = MakeUnixAddress(folder.path("mute"));
  const files::Fd mute(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(mute.get(), address->get(), address->size()), 0);
  ASSERT_EQ(::listen(mute.get(), 1), 0);
  const auto late = Call(folder.path("mute"), {}, milliseconds(20));
  ASSERT_FALSE(late.has_value());
  EXPECT_THAT(late.error().message, HasSubstr("in time"));
}

TEST(Caller, FindsAServerThatWasStartedAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/sock";
  Caller caller(path);
  EXPECT_EQ(caller.Call({{"say", "nobody"}}, seconds(1)).error().code, ErrorCode::kUnavailable);
  for (const char* const word : {"first", "second"}) {
    const Echo echo(path);
    for (int i = 0; i < 3; ++i) {
      const auto answer = caller.Call({{"say", word}}, seconds(5));
      ASSERT_TRUE(answer.has_value()) << answer.error().message;
      EXPECT_EQ(answer->At("said").StringOr(""), word);
    }
    EXPECT_EQ(caller.Call({{"do", "fail"}}, seconds(5)).error().code, ErrorCode::kStale);
  }
  EXPECT_EQ(caller.Call({{"say", "nobody"}}, seconds(1)).error().code, ErrorCode::kUnavailable);
}

TEST(Caller, NeverTakesALateAnswerForAnother) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/sock";
  PollLoop loop;
  std::vector<JsonServer::Reply> waiting;
  const auto server = JsonServer::ListenLater(loop, path, [&](const Json& request, const JsonServer::Reply& reply) {
    if (request.At("say").StringOr("") == "late") return waiting.push_back(reply);
    auto answer = OkAnswer();
    answer["said"] = request.At("say");
    reply(answer);
  });
  ASSERT_TRUE(server.has_value());
  std::atomic<bool> ended{false};
  std::thread thread([&] {
    while (!ended) loop.RunOnce(milliseconds(5));
    for (const JsonServer::Reply& reply : waiting) reply(OkAnswer());
  });
  Caller caller(path);
  EXPECT_TRUE(caller.Call({{"say", "one"}}, seconds(5)).has_value());
  EXPECT_EQ(caller.Call({{"say", "late"}}, milliseconds(50)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(caller.Call({{"say", "two"}}, seconds(5))->At("said").StringOr(""), "two");
  ended = true;
  thread.join();
}

}  // namespace
}  // namespace tuesday::supervise
