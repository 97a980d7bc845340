// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/prober.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <memory>
#include <vector>

#include "adapters/supervise/process.h"

namespace tuesday::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

// Listens and gives each connection the next of a list of answers; the last one again and again.
class Scripted {
 public:
  Scripted(supervise::PollLoop& loop, std::vector<std::string> answers) : loop_(loop), answers_(std::move(answers)) {
    listener_ = files::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    loop_.Watch(listener_.get(), POLLIN, [this](short) { Answer(); });
  }
  ~Scripted() {
    loop_.Unwatch(listener_.get());
    for (const auto& connection : connections_) loop_.Unwatch(connection->get());
  }

  std::uint16_t port = 0;
  std::size_t asked = 0;

 private:
  void Answer() {
    auto connection = std::make_shared<files::Fd>(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    connections_.push_back(connection);
    loop_.Watch(connection->get(), POLLIN, [this, connection](short) {
      char request[512];
      if (::recv(connection->get(), request, sizeof request, 0) > 0) {
        const std::string& answer = answers_[std::min(asked++, answers_.size() - 1)];
        ::send(connection->get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      loop_.Unwatch(connection->get());
      std::erase(connections_, connection);
      connection->Close();
    });
  }

  supervise::PollLoop& loop_;
  std::vector<std::string> answers_;
  files::Fd listener_;
  std::vector<std::shared_ptr<files::Fd>> connections_;
};

struct Seen {
  std::vector<Health> changes;
  std::vector<std::string> failures;
};

Prober::Callbacks Into(Seen& seen) {
  return {[&seen](Health health) { seen.changes.push_back(health); },
          [&seen](const std::string& why) { seen.failures.push_back(why); }};
}

void RunUntil(supervise::PollLoop& loop, const std::function<bool()>& condition) {
  const Instant end = supervise::BootNow() + seconds(20);
  while (!condition() && supervise::BootNow() < end) loop.RunOnce(milliseconds(50));
  ASSERT_TRUE(condition());
}

constexpr char kGood[] = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr char kBad[] = "HTTP/1.1 503 Service Unavailable\r\n\r\n";

manifest::Probe Http(int successes, int failures) {
  return {.action = manifest::HttpGet{},
          .period = milliseconds(10),
          .timeout = seconds(5),
          .success_threshold = successes,
          .failure_threshold = failures};
}

TEST(Prober, ThresholdsCountOnlyInARow) {
  supervise::PollLoop loop;
  Scripted server(loop, {kBad, kGood, kBad, kGood, kGood, kBad, kGood, kBad, kBad, kBad});
  Seen seen;
  const Prober prober(loop, Http(2, 3), server.port, {}, Eager::kNo, Into(seen));
  RunUntil(loop, [&] { return seen.changes.size() == 2; });
  EXPECT_THAT(seen.changes, ::testing::ElementsAre(Health::kHealthy, Health::kUnhealthy));
  EXPECT_EQ(server.asked, 10u);
  EXPECT_EQ(seen.failures.front(), "status 503");
}

TEST(Prober, AServerThatIsStillWritingIsNotCutOff) {
  supervise::PollLoop loop;
  files::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 16), 0);
  socklen_t size = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  manifest::Probe probe = Http(1, 3);
  probe.period = seconds(1000);
  Seen seen;
  const Prober prober(loop, probe, ntohs(address.sin_port), {}, Eager::kNo, Into(seen));
  files::Fd connection;
  loop.Watch(listener.get(), POLLIN, [&](short) {
    connection = files::Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    loop.Unwatch(listener.get());
    const std::string_view head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    EXPECT_EQ(::send(connection.get(), head.data(), head.size(), MSG_NOSIGNAL), static_cast<ssize_t>(head.size()));
  });
  RunUntil(loop, [&] { return !seen.changes.empty(); });
  ASSERT_EQ(::send(connection.get(), "hello", 5, MSG_NOSIGNAL), 5);
  char request[512];
  ASSERT_GT(::recv(connection.get(), request, sizeof request, 0), 0);
  // It answers nothing of its own: a reset would be seen here.
  EXPECT_EQ(::recv(connection.get(), request, sizeof request, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
  ::shutdown(connection.get(), SHUT_WR);
  pollfd watched{connection.get(), POLLIN, 0};
  RunUntil(loop, [&] { return ::poll(&watched, 1, 0) == 1; });
  EXPECT_EQ(::recv(connection.get(), request, sizeof request, 0), 0) << "it was read to its end and then closed";
}

TEST(Prober, SaysWhyItFailed) {
  struct Row {
    std::string answer;
    std::string why;
  };
  for (const auto& [answer, why] : std::vector<Row>{
           {"HTTP/1.1 500 no\r\n\r\n", "status 500"},
           {"HTTP/1.1 404 no\r\n\r\n", "status 404"},
           {"SSH-2.0-OpenSSH_9\r\n", "no HTTP"},
           {"HTTP/1.1", "no HTTP"},
       }) {
    supervise::PollLoop loop;
    Scripted server(loop, {answer});
    Seen seen;
    const Prober prober(loop, Http(1, 1), server.port, {}, Eager::kNo, Into(seen));
    RunUntil(loop, [&] { return !seen.failures.empty(); });
    EXPECT_THAT(seen.failures.front(), HasSubstr(why));
  }
}

TEST(Prober, ServerThatNeverAnswersTimesOut) {
  supervise::PollLoop loop;
  const files::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 16), 0);
  socklen_t size = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  Seen seen;
  auto probe = Http(1, 2);
  probe.timeout = milliseconds(20);
  const Prober prober(loop, probe, ntohs(address.sin_port), {}, Eager::kNo, Into(seen));
  RunUntil(loop, [&] { return !seen.changes.empty(); });
  EXPECT_EQ(seen.changes.front(), Health::kUnhealthy);
  EXPECT_THAT(seen.failures.front(), HasSubstr("no answer within 20ms"));
}

TEST(Prober, TcpAnswersOnlyWhereSomebodyListens) {
  supervise::PollLoop loop;
  Seen closed;
  std::uint16_t port = 0;
  {
    Scripted server(loop, {kGood});
    port = server.port;
    Seen open;
    manifest::Probe tcp{.action = manifest::TcpSocket{std::to_string(port)}, .period = milliseconds(10)};
    const Prober prober(loop, tcp, 1, {}, Eager::kNo, Into(open));
    RunUntil(loop, [&] { return !open.changes.empty(); });
    EXPECT_EQ(open.changes.front(), Health::kHealthy);
  }
  manifest::Probe tcp{.action = manifest::TcpSocket{}, .period = milliseconds(10), .failure_threshold = 1};
  const Prober prober(loop, tcp, port, {}, Eager::kNo, Into(closed));
  RunUntil(loop, [&] { return !closed.changes.empty(); });
  EXPECT_EQ(closed.changes.front(), Health::kUnhealthy);
  EXPECT_THAT(closed.failures.front(), HasSubstr("refused"));
}

TEST(Prober, CommandIsJudgedByItsExitAndKilledWhenItHangs) {
  supervise::PollLoop loop;
  supervise::SpawnPlan plan;
  plan.environment = {{"PATH", "/usr/bin:/bin"}};
  for (const auto& [command, health] : std::vector<std::pair<std::string, Health>>{
           {"exit 0", Health::kHealthy}, {"exit 3", Health::kUnhealthy}, {"sleep 1000", Health::kUnhealthy}}) {
    Seen seen;
    manifest::Probe exec{.action = manifest::ExecCommand{{"sh", "-c", command}},
                         .period = seconds(100),
                         .timeout = command == "sleep 1000" ? milliseconds(50) : seconds(10),
                         .failure_threshold = 1};
    Prober prober(loop, exec, 1, plan, Eager::kNo, Into(seen));
    const Instant end = supervise::BootNow() + seconds(20);
    while (seen.changes.empty() && supervise::BootNow() < end) {
      loop.RunOnce(milliseconds(5));
      int status = 0;
      if (const pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0) prober.TakeEnd(pid, status);
    }
    ASSERT_EQ(seen.changes.size(), 1u) << command;
    EXPECT_EQ(seen.changes.front(), health) << command;
    while (::waitpid(-1, nullptr, 0) > 0) continue;
  }
}

}  // namespace
}  // namespace tuesday::process
