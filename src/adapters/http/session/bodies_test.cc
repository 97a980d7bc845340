// SPDX-License-Identifier: Apache-2.0
// Bodies that go to a file, and what a policy says before a body is read.
#include <dirent.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "adapters/files/files.h"
#include "adapters/http/spooled_body.h"
#include "adapters/http/test_server.h"

namespace tuesday::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kLargeBytes = 3'000'000;

// What a handler saw of a body: where it was, its size and a sum that tells bytes apart by their places.
std::string Digest(std::string_view bytes) {
  std::uint64_t sum = 0;
  for (const char c : bytes) sum = sum * 31 + static_cast<unsigned char>(c);
  return fmt::format("{} bytes, sum {}", bytes.size(), sum);
}

void TellBody(const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
  const std::string bytes = request.spooled ? request.spooled->Read(1 << 30).value_or("unreadable") : request.body;
  responder->Send({.body = fmt::format("{}: {}", request.spooled ? "file" : "memory", Digest(bytes))});
}

std::string LargeBody() {
  std::string body(kLargeBytes, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 1000);
  return body;
}

std::string Chunked(std::string_view body, std::size_t chunk_bytes) {
  std::string all;
  for (; !body.empty(); body.remove_prefix(std::min(chunk_bytes, body.size()))) {
    const std::string_view chunk = body.substr(0, chunk_bytes);
    all += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  return all + "0\r\n\r\n";
}

// How many descriptors of this process are open on files in the folder, also on those without names.
int OpenIn(const std::string& folder) {
  int count = 0;
  DIR* open = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(open)) {
    std::array<char, 256> target{};
    const std::string path = fmt::format("/proc/self/fd/{}", entry->d_name);
    if (readlink(path.c_str(), target.data(), target.size() - 1) > 0)
      count += std::string_view(target.data()).starts_with(folder + "/");
  }
  closedir(open);
  return count;
}

class Bodies : public ::testing::Test {
 protected:
  Bodies() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~Bodies() override { EXPECT_TRUE(files::RemoveTree(folder_).has_value()); }

  // A server whose policy is `policy` for paths below /large, and none for others.
  std::unique_ptr<TestServer> Serve(BodyPolicy policy, Handler handler = TellBody,
                                    ServerLimits limits = {.body_bytes_max = 100}) {
    auto server = std::make_unique<TestServer>(std::move(handler), limits);
    server->SetBodyPolicy(
        [this, policy](const HttpRequest& head) -> std::optional<BodyPolicy> {
          ++asked_;
          return head.path.starts_with("/large") ? std::optional(policy) : std::nullopt;
        },
        folder_);
    return server;
  }

  std::string folder_ = "/tmp/tuesday-bodies-XXXXXX";
  std::atomic<int> asked_ = 0;
};

const BodyPolicy kToFile = {.bytes_max = 100 << 20, .to_file = true, .body_time_max = minutes(1)};

TEST_F(Bodies, LengthOrChunksArriveInTheFileAsTheyWereSent) {
  const auto server = Serve(kToFile);
  const std::string body = LargeBody();
  const std::string seen = "file: " + Digest(body);
  RawClient client(server->port);
  client.Write(fmt::format("POST /large HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.size()));
  client.Write(body);
  EXPECT_TRUE(client.ReadUntil(seen).ends_with(seen));
  for (const std::size_t chunk_bytes : {std::size_t{1000}, std::size_t{65'536}, kLargeBytes}) {
    client.Write("POST /large HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.Write(Chunked(body, chunk_bytes));
    EXPECT_TRUE(client.ReadUntil(seen).ends_with(seen)) << chunk_bytes;
  }
  EXPECT_TRUE(files::NamesIn(folder_).empty());
  EXPECT_EQ(asked_, 4);
}

TEST_F(Bodies, TheConnectionGoesOnWithRequestsOfAnyKind) {
  const auto server = Serve(kToFile);
  RawClient client(server->port);
  client.Write(
      "POST /large HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
      "POST /small HTTP/1.1\r\nContent-Length: 3\r\n\r\ntwo"
      "POST /large HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n"
      "GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReadAll();
  std::size_t at = 0;
  for (const std::string& seen :
       {"file: " + Digest("one"), "memory: " + Digest("two"), "file: " + Digest("three"), "memory: " + Digest("")}) {
    at = all.find(seen, at);
    EXPECT_NE(at, std::string::npos) << seen << " in " << all;
  }
}

TEST_F(Bodies, ABodyIsAskedForOnlyWhenItWillBeTaken) {
  const auto server = Serve(kToFile);
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Write("3\r\none\r\n0\r\n\r\n");
  const std::string seen = "file: " + Digest("one");
  EXPECT_TRUE(client.ReadUntil(seen).ends_with(seen));
  client.Write("POST /small HTTP/1.1\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 413"));
}

TEST_F(Bodies, TheLimitOfThePolicyHoldsForLengthsAndChunks) {
  const auto server = Serve({.bytes_max = 1000, .to_file = true});
  for (const std::string& rest : {std::string("Content-Length: 1001\r\n\r\n"),
                                  "Transfer-Encoding: chunked\r\n\r\n" + Chunked(std::string(1001, 'x'), 100)}) {
    RawClient client(server->port);
    client.Write("POST /large HTTP/1.1\r\n" + rest);
    const std::string answer = client.ReadAll();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
    EXPECT_TRUE(answer.contains("larger than 1000 bytes")) << answer;
  }
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_TRUE(client.ReadAll().contains("file: 1000 bytes"));
}

TEST_F(Bodies, APolicyMayLeaveALargerBodyInMemory) {
  const auto server = Serve({.bytes_max = 1000});
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_TRUE(client.ReadAll().contains("memory: 1000 bytes"));
}

TEST_F(Bodies, ARefusalComesWithoutTheBody) {
  const auto server =
      Serve({.refusal = HttpResponse{.status = 401, .headers = {{"WWW-Authenticate", "Basic"}}, .body = "who?"}});
  RawClient client(server->port);
  client.Write("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil("who?").contains("WWW-Authenticate: Basic\r\n"));
  client.Write("POST /large HTTP/1.1\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401")) << "the connection was kept while no body was told of: " << answer;
  EXPECT_EQ(server->Counters().requests, 0U);
}

TEST_F(Bodies, AClientThatGoesAwayLeavesNothing) {
  const auto server = Serve(kToFile);
  const std::string part(400'000, 'x');
  {
    RawClient client(server->port);
    client.Write("POST /large HTTP/1.1\r\nContent-Length: 800000\r\n\r\n" + part);
    server->Await([&](const ServerCounters&) { return OpenIn(folder_) == 1; });
  }
  server->Await([&](const ServerCounters& counters) { return counters.open_connections == 0 && OpenIn(folder_) == 0; });
  EXPECT_EQ(server->Counters().requests, 0U);
}

TEST_F(Bodies, ABodyThatTricklesInIsCutOffByThePolicysTime) {
  const auto server = Serve({.to_file = true, .body_time_max = milliseconds(20)});
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 408"));
  EXPECT_EQ(server->Counters().late_requests, 1U);
}

TEST_F(Bodies, ABodyMayTakeLongerThanTheServersUsualTime) {
  const auto server = Serve(kToFile, TellBody, {.request_time_max = milliseconds(20)});
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc");
  RawClient usual(server->port);
  usual.Write("POST /small HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_TRUE(usual.ReadAll().starts_with("HTTP/1.1 408"));
  client.Write("def");
  EXPECT_TRUE(client.ReadUntil(Digest("abcdef")).contains("file: "));
}

TEST_F(Bodies, TheAnswerMayTakeAsLongAsThePolicySays) {
  std::vector<std::shared_ptr<Responder>> kept;
  BodyPolicy policy = kToFile;
  policy.answer_time_max = milliseconds(20);
  const auto server =
      Serve(policy, [&](const HttpRequest&, std::shared_ptr<Responder> responder) { kept.push_back(std::move(responder)); });
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 503"));
  server->OnLoop([&] { return kept.clear(), 0; });
}

TEST_F(Bodies, AFullDiskIsSaidAndTheConnectionEnds) {
  const auto server = Serve(kToFile);
  // What a full disk is to a write, without filling one: files of this process may not grow over this.
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {.rlim_cur = 1'000'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Write(Chunked(std::string(1'200'000, 'x'), 50'000));
  const std::string answer = client.ReadAll();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 507")) << answer;
  EXPECT_TRUE(answer.contains("There is no room in ")) << answer;
  server->Await([&](const ServerCounters& counters) { return counters.open_connections == 0 && OpenIn(folder_) == 0; });
}

TEST_F(Bodies, AServerThatEndsWhileABodyComesInLetsGoOfIt) {
  auto server = Serve(kToFile);
  RawClient client(server->port);
  client.Write("POST /large HTTP/1.1\r\nContent-Length: 800000\r\n\r\n" + std::string(400'000, 'x'));
  server->Await([&](const ServerCounters&) { return OpenIn(folder_) == 1; });
  server.reset();
  EXPECT_EQ(OpenIn(folder_), 0);
}

}  // namespace
}  // namespace tuesday::http
