// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "adapters/http/session/body_file.h"
#include "adapters/http/test_server.h"

namespace tuesday::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void Echo(const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
  responder->Send({.status = 200,
                   .headers = {{"X-Listener", request.listener}},
                   .body = fmt::format("{} {} {}", request.method, request.path, request.body)});
}

struct BadCase {
  std::string name;
  std::string bytes;
  std::string status;
};

TEST(Server, RefusesBadRequestsByNameAndGoesOn) {
  TestServer server(Echo);
  const std::vector<BadCase> cases = {
      {"NotHttp", "hello\r\n\r\n", "400"},
      {"NoVersion", "GET /\r\n\r\n", "400"},
      {"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), "400"},
      {"BadHeaderName", "GET / HTTP/1.1\r\nHost : x\r\nb@d header: 1\r\n\r\n", "400"},
      {"BadLength", "POST / HTTP/1.1\r\nContent-Length: minus\r\n\r\n", "400"},
      {"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
      {"BadChunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"RelativeTarget", "GET v1 HTTP/1.1\r\n\r\n", "400"},
      {"BrokenPercentSign", "GET /%zz HTTP/1.1\r\n\r\n", "400"},
      {"HeaderTooLarge", "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
      {"BodyTooLarge", "POST / HTTP/1.1\r\nContent-Length: 4194305\r\n\r\n", "413"},
  };
  for (const BadCase& c : cases) {
    RawClient client(server.port);
    client.Write(c.bytes);
    const std::string answer = client.ReadAll();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + c.status)) << c.name << ": " << answer;
    EXPECT_TRUE(answer.contains("{\"error\":{\"code\":")) << c.name;
  }
  const ServerCounters counters = server.Counters();
  EXPECT_EQ(counters.bad_requests, cases.size());
  EXPECT_EQ(counters.requests, 0U);
  RawClient client(server.port);
  client.Write("GET /fine HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.ReadAll().ends_with("GET /fine "));
}

TEST(Server, ABodyThatGrowsOverTheLimitInChunksIsRefused) {
  TestServer server(Echo, {.body_bytes_max = 10});
  RawClient client(server.port);
  client.Write("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n");
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 413"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer server(Echo);
  RawClient client(server.port);
  client.Write(
      "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
      "GET /b HTTP/1.1\r\n\r\n"
      "GET /c HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReadAll();
  EXPECT_LT(all.find("POST /a one"), all.find("GET /b "));
  EXPECT_LT(all.find("GET /b "), all.find("GET /c "));
  EXPECT_TRUE(all.ends_with("GET /c ")) << all;
}

TEST(Server, AsksForTheBodyThatAClientHoldsBack) {
  TestServer server(Echo);
  RawClient client(server.port);
  client.Write("POST /a HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Write("one");
  EXPECT_TRUE(client.ReadUntil("POST /a one").ends_with("POST /a one"));
}

TEST(Server, AHeadRequestGetsTheLengthAndNoBody) {
  TestServer server(Echo);
  RawClient client(server.port);
  client.Write("HEAD /abc HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_TRUE(answer.contains("Content-Length: 10\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(Server, SendsPartOfAFileAndGoesOn) {
  std::string path = "/tmp/tuesday-file-XXXXXX";
  const int file = mkstemp(path.data());
  const std::string content(3 * kFilePieceBytes, 'x');
  ASSERT_EQ(write(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ASSERT_EQ(pwrite(file, "begin", 5, 1), 5);
  ASSERT_EQ(pwrite(file, "end", 3, 2 * kFilePieceBytes + 8), 3);
  close(file);
  TestServer server([&](const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
    const bool gone = request.path == "/gone";
    responder->Send(
        {.status = 200, .headers = {}, .body = "", .file = FilePart{gone ? path + "-" : path, 1, 2 * kFilePieceBytes + 10}});
  });
  RawClient client(server.port);
  client.Write("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\nGET /gone HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.ReadAll();
  const std::string length = fmt::format("Content-Length: {}\r\n\r\n", 2 * kFilePieceBytes + 10);
  EXPECT_TRUE(answer.contains(length + "HTTP/1.1 200")) << "no body for HEAD";
  EXPECT_TRUE(answer.contains(length + "beginxx"));
  EXPECT_TRUE(answer.contains("xendHTTP/1.1 200")) << "the connection goes on after a file";
  EXPECT_TRUE(answer.ends_with(length)) << "a file that is gone ends the connection";
  unlink(path.c_str());
}

TEST(Server, ARequestThatTricklesInIsCutOff) {
  TestServer server(Echo, {.request_time_max = milliseconds(20)});
  for (const char* begin : {"GET / HT", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"}) {
    RawClient client(server.port);
    client.Write(begin);
    EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 408")) << begin;
  }
  EXPECT_EQ(server.Counters().late_requests, 2U);
}

TEST(Server, AnIdleConnectionIsClosedWithoutAWord) {
  TestServer server(Echo, {.idle_time_max = milliseconds(20)});
  RawClient client(server.port);
  EXPECT_EQ(client.ReadAll(), "");
}

TEST(Server, AHandlerThatIsLateCostsA503AndItsAnswerGoesNowhere) {
  std::vector<std::shared_ptr<Responder>> kept;
  TestServer server([&](const HttpRequest&, std::shared_ptr<Responder> responder) { kept.push_back(std::move(responder)); },
                    {.answer_time_max = milliseconds(20)});
  RawClient client(server.port);
  client.Write("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 503"));
  const bool streamed = server.OnLoop([&] {
    kept[0]->Send({.body = "too late"});
    const bool open = kept[0]->StartEvents()->open();
    kept.clear();
    return open;
  });
  EXPECT_FALSE(streamed);
  EXPECT_EQ(server.Counters().late_answers, 1U);
}

TEST(Server, AForgottenRequestGetsA500) {
  TestServer server([](const HttpRequest&, const std::shared_ptr<Responder>&) {});
  RawClient client(server.port);
  client.Write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.ReadAll().starts_with("HTTP/1.1 500"));
}

TEST(Server, ALineBreakInAHeaderCannotForgeAnother) {
  TestServer server([](const HttpRequest&, const std::shared_ptr<Responder>& responder) {
    responder->Send({.headers = {{"X-A", "1\r\nX-Forged: 2"}, {"X-B", "3"}}});
  });
  RawClient client(server.port);
  client.Write("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_FALSE(answer.contains("Forged"));
  EXPECT_TRUE(answer.contains("X-B: 3"));
}

TEST(Server, TakesConnectionsUpToTheLimitAndAgainWhenSomeEnd) {
  TestServer server(Echo, {.connections_max = 50});
  {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(std::make_unique<RawClient>(server.port));
    server.Await([](const ServerCounters& counters) { return counters.open_connections == 50; });
    RawClient one_more(server.port);
    EXPECT_TRUE(one_more.ReadAll().starts_with("HTTP/1.1 503"));
    for (const auto& client : clients) client->Write("GET /x HTTP/1.1\r\n\r\n");
    for (const auto& client : clients) EXPECT_TRUE(client->ReadUntil("GET /x ").ends_with("GET /x "));
  }
  server.Await([](const ServerCounters& counters) { return counters.open_connections == 0; });
  RawClient again(server.port);
  again.Write("GET /y HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(again.ReadAll().ends_with("GET /y "));
  EXPECT_EQ(server.Counters().refused_connections, 1U);
}

TEST(Server, AClientThatReadsNoStreamIsDroppedAndCountedOthersAreNot) {
  std::vector<std::shared_ptr<EventStream>> streams;
  TestServer server(
      [&](const HttpRequest&, const std::shared_ptr<Responder>& responder) { streams.push_back(responder->StartEvents()); },
      {.stream_bytes_max = 64 << 10});
  RawClient asleep(server.port);
  asleep.Write("GET /sleeps HTTP/1.1\r\n\r\n");
  server.Await([&](const ServerCounters&) { return streams.size() == 1; });
  RawClient awake(server.port);
  awake.Write("GET /reads HTTP/1.1\r\n\r\n");
  server.Await([&](const ServerCounters&) { return streams.size() == 2; });
  const ServerEvent large = {.id = "1", .event = "", .data = std::string(16 << 10, 'x')};
  server.Await([&](const ServerCounters& counters) {
    streams[0]->Send(large);
    return counters.dropped_slow_clients == 1;
  });
  EXPECT_FALSE(server.OnLoop([&] { return streams[0]->open() || streams[0]->Send(large); }));
  EXPECT_TRUE(server.OnLoop([&] { return streams[1]->Send({.id = "2", .event = "", .data = "for the one who reads"}); }));
  EXPECT_TRUE(awake.ReadUntil("who reads\n\n").contains("id: 2\n"));
  server.OnLoop([&] { return streams.clear(), 0; });
}

TEST(Server, TellsWhenAStreamsClientLeaves) {
  std::shared_ptr<EventStream> stream;
  std::promise<void> gone;
  TestServer server([&](const HttpRequest&, const std::shared_ptr<Responder>& responder) {
    stream = responder->StartEvents();
    stream->OnClosed([&] { gone.set_value(); });
  });
  {
    RawClient client(server.port);
    client.Write("GET / HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(client.ReadUntil("\r\n\r\n").contains("text/event-stream"));
  }
  gone.get_future().wait();
  server.OnLoop([&] { return stream.reset(), 0; });
}

TEST(Server, AQuietStreamIsKeptAliveByComments) {
  std::shared_ptr<EventStream> stream;
  TestServer server([&](const HttpRequest&, const std::shared_ptr<Responder>& responder) { stream = responder->StartEvents(); },
                    {.keep_alive_interval = milliseconds(5)});
  RawClient client(server.port);
  client.Write("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.ReadUntil(": still here\n\n: still here\n\n").contains(": still here"));
  server.OnLoop([&] { return stream.reset(), 0; });
}

TEST(Server, ItsUnixSocketHasModeAndIsNotTakenFromALivingServer) {
  TestServer server(Echo);
  struct stat status{};
  ASSERT_EQ(stat(server.socket_path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660U);
  const Result<void> second = server.OnLoop([&] {
    HttpServer other(server.loop(), Echo);
    return other.ListenUnix("admin", server.socket_path);
  });
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer server(Echo);
  Loop loop;
  HttpServer other(loop, Echo);
  const Result<std::uint16_t> taken = other.ListenTcp("api", "127.0.0.1", server.port);
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  EXPECT_EQ(other.ListenTcp("api", "nowhere", 0).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(other.ListenUnix("admin", "/tmp/" + std::string(200, 'x')).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(other.ListenUnix("admin", "/nowhere/at/all/sock").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(other.ListenUnix("admin", "/tmp").error().code, ErrorCode::kConflict);
}

TEST(Server, ReplacesASocketThatADeadServerLeft) {
  std::string folder = "/tmp/tuesday-http-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/sock";
  {
    // Bound and closed without being removed, as `kill -9` leaves it.
    const int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(left);
  }
  Loop loop;
  {
    HttpServer server(loop, Echo);
    const Result<void> listening = server.ListenUnix("admin", path);
    EXPECT_TRUE(listening.has_value()) << listening.error().message;
  }
  EXPECT_EQ(rmdir(folder.c_str()), 0) << "The server removes its socket at its end.";
}

}  // namespace
}  // namespace tuesday::http
