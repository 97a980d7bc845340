// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/supervisor/runtime.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "adapters/supervise/unix_address.h"
#include "testing/temporary_folder.h"

namespace tuesday::haproxy {
namespace {

// A HAProxy that answers one connection as it is told to.
Result<std::vector<std::string>> AskScripted(const std::function<void(int fd)>& script) {
  const TemporaryFolder folder;
  const std::string path = folder.path("admin.sock");
  const auto address = supervise::MakeUnixAddress(path);
  const files::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(listener.get(), address->get(), address->size()), 0);
  EXPECT_EQ(::listen(listener.get(), 4), 0);
  std::thread server([&] {
    const files::Fd fd(::accept(listener.get(), nullptr, nullptr));
    script(fd.get());
  });
  auto answers = RuntimeApi(path, std::chrono::milliseconds(300)).Ask({"show info", "show map x"});
  server.join();
  return answers;
}

void Send(int fd, const std::string& text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

// Until the other side has said all or is gone.
void ReadAll(int fd) {
  char buffer[4096];
  while (::recv(fd, buffer, sizeof buffer, 0) > 0) {}
}

TEST(RuntimeApi, AnswersAreToldApart) {
  const auto answers = AskScripted([](int fd) {
    char buffer[4096];
    ::recv(fd, buffer, sizeof buffer, 0);
    Send(fd, "\n> Pid: 42\n\n> 0x1 a b\n\n> ");
  });
  ASSERT_TRUE(answers.has_value()) << answers.error().message;
  EXPECT_EQ(*answers, (std::vector<std::string>{"Pid: 42", "0x1 a b"}));
}

TEST(RuntimeApi, CutAnswerIsAnError) {
  const auto answers = AskScripted([](int fd) {
    char buffer[4096];
    ::recv(fd, buffer, sizeof buffer, 0);
    Send(fd, "\n> Pid: 42\n\n> 0x1 a");
  });
  ASSERT_FALSE(answers.has_value());
  EXPECT_EQ(answers.error().code, ErrorCode::kUnavailable);
}

TEST(RuntimeApi, SilenceEndsAtTheDeadline) {
  const auto answers = AskScripted([](int fd) { ReadAll(fd); });
  ASSERT_FALSE(answers.has_value());
  EXPECT_EQ(answers.error().code, ErrorCode::kUnavailable);
}

TEST(RuntimeApi, FloodIsRefused) {
  const auto answers = AskScripted([](int fd) {
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 16; ++i) Send(fd, megabyte);
  });
  ASSERT_FALSE(answers.has_value());
}

TEST(RuntimeApi, NobodyThereIsUnavailable) {
  const TemporaryFolder folder;
  const auto answers = RuntimeApi(folder.path("none.sock")).Ask({"show info"});
  ASSERT_FALSE(answers.has_value());
  EXPECT_EQ(answers.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tuesday::haproxy
