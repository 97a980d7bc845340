// SPDX-License-Identifier: Apache-2.0
// What the applier makes of a HAProxy that answers nonsense: an error, and never an acknowledgement.
#include "adapters/haproxy/supervisor/applier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "adapters/supervise/poll_loop.h"
#include "adapters/supervise/unix_address.h"
#include "testing/temporary_folder.h"

namespace tuesday::haproxy {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kStatHeader =
    "# pxname,svname,qcur,scur,stot,eresp,status,check_status,addr,wretr,wredis,"
    "hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,";

// One rollout without servers: a look has to show its route and nothing else.
Edge Wanted() {
  EdgeRollout api{{Namespace("prod"), "api"}, Epoch{7}, 0, 0, Weight::Permille(0), {}, {}, {}, {}, false};
  return {{}, {api}, ""};
}

std::string Answers(const std::vector<std::string>& answers) {
  std::string out = "\n> ";
  for (const std::string& answer : answers) out += answer + "\n\n> ";
  return out;
}

std::string Look(const std::string& route) {
  return Answers({"Pid: 42\ndescription: tuesday abc", route, "", "", std::string(kStatHeader)});
}

using Script = std::function<void(int fd, const std::string& asked)>;

void Say(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Answers every connection by the script until it goes out of scope.
class ScriptedHaproxy {
 public:
  explicit ScriptedHaproxy(Script script) : script_(std::move(script)) {
    const auto address = supervise::MakeUnixAddress(folder_.path("admin.sock"));
    listener_ = files::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener_.get(), address->get(), address->size()), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~ScriptedHaproxy() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  Result<SeenEdge> Apply() const {
    return Applier(folder_.path(), std::chrono::seconds(1)).Apply(Wanted(), supervise::BootNow());
  }

 private:
  void Run() {
    while (true) {
      const files::Fd fd(::accept(listener_.get(), nullptr, nullptr));
      if (!fd.is_open()) return;
      std::string asked;
      std::string chunk(4096, '\0');
      while (!asked.ends_with("quit\n")) {
        const ssize_t got = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
        if (got <= 0) break;
        asked.append(chunk.data(), static_cast<std::size_t>(got));
      }
      script_(fd.get(), asked);
    }
  }

  TemporaryFolder folder_;
  Script script_;
  files::Fd listener_;
  std::thread thread_;
};

bool IsLook(const std::string& asked) { return asked.find("show info") != std::string::npos; }

TEST(Applier, RouteThatReadsBackIsAcknowledged) {
  const ScriptedHaproxy haproxy([](int fd, const std::string&) { Say(fd, Look("0x1 prod.api 7:0:0:0")); });
  const auto seen = haproxy.Apply();
  ASSERT_TRUE(seen.has_value()) << ErrorText(seen.error());
  EXPECT_EQ(seen->process, 42);
}

TEST(Applier, WrongEpochIsNoAcknowledgement) {
  const ScriptedHaproxy haproxy([](int fd, const std::string& asked) {
    if (IsLook(asked)) return Say(fd, Look("0x1 prod.api 6:0:0:0"));
    // It says that it did as it was told, each time.
    Say(fd, Answers({""}));
  });
  const auto seen = haproxy.Apply();
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(seen.error().message, HasSubstr("6:0:0:0 for prod.api; 7:0:0:0 was asked for"));
}

TEST(Applier, NonsenseIsAnError) {
  const std::string megabyte(1 << 20, 'x');
  const std::vector<std::pair<std::string, std::string>> cases{
      {"no process", Answers({"Pid: none", "", "", "", std::string(kStatHeader)})},
      {"a megabyte instead of a map", Answers({"Pid: 42", megabyte, "", "", std::string(kStatHeader)})},
      {"a megabyte instead of the servers", Answers({"Pid: 42", "", "", "", megabyte})},
      {"a server's line that is cut", Answers({"Pid: 42", "", "", "", std::string(kStatHeader) + "\nb.s0,i,1"})},
      {"an answer too few", Answers({"Pid: 42", "", "", ""})},
      {"an answer too many", Answers({"Pid: 42", "", "", "", std::string(kStatHeader), ""})},
      {"cut in the last answer", Look("0x1 prod.api 7:0:0:0").substr(0, 60)},
      {"nothing", ""},
  };
  for (const auto& [what, answer] : cases) {
    const ScriptedHaproxy haproxy([&](int fd, const std::string&) { Say(fd, answer); });
    const auto seen = haproxy.Apply();
    ASSERT_FALSE(seen.has_value()) << what;
    EXPECT_EQ(seen.error().code, ErrorCode::kUnavailable) << what;
  }
}

TEST(Applier, OneByteAtATimeEndsAtTheDeadline) {
  const ScriptedHaproxy haproxy([](int fd, const std::string&) {
    pollfd gone{fd, 0, 0};
    while (::poll(&gone, 1, 20) == 0) Say(fd, "x");
  });
  const Instant began = supervise::BootNow();
  const auto seen = haproxy.Apply();
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().code, ErrorCode::kUnavailable);
  EXPECT_GE(supervise::BootNow() - began, kRuntimeTime);
  EXPECT_LT(supervise::BootNow() - began, 5 * kRuntimeTime) << "every byte has put the deadline off";
}

}  // namespace
}  // namespace tuesday::haproxy
