// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "adapters/http/test_server.h"

namespace tuesday::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Describe(const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
  const std::string peer = request.peer.has_value() ? fmt::format("{}/{}", request.peer->uid, request.peer->pid) : "nobody";
  responder->Send({.status = 202,
                   .headers = {{"X-Seen", request.Header("x-sent")}},
                   .body = fmt::format("{} {} q={} {} {} {}", request.method, request.path, request.Query("q"),
                                       request.listener, peer, request.body)});
}

TEST(HttpClient, TokenIsNotSentInTheClear) {
  ClientTrust trust;
  trust.token = "tue_secret";
  const Result<HttpClient> client = HttpClient::To("http://127.0.0.1:1", trust);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().message.find("tue_secret"), std::string::npos);
}

TEST(Client, AsksOverAUnixSocketWithTheKernelsWordForWhoItIs) {
  TestServer server(Describe);
  Result<HttpClient> client = HttpClient::To(server.UnixAddress());
  ASSERT_TRUE(client.has_value());
  for (int round = 0; round < 2; ++round) {
    const Result<HttpResponse> response =
        client->Send({.method = "POST", .target = "/a?q=x%20y", .headers = {{"X-Sent", "s"}}, .body = "hello"}, seconds(60));
    ASSERT_TRUE(response.has_value()) << ErrorText(response.error());
    EXPECT_EQ(response->status, 202);
    EXPECT_EQ(response->Header("x-seen"), "s");
    EXPECT_EQ(response->body, fmt::format("POST /a q=x y admin {}/{} hello", getuid(), getpid()));
  }
  EXPECT_EQ(server.Counters().connections, 1U) << "The connection is kept.";
}

TEST(Client, AsksOverTheLoopbackAddress) {
  TestServer server(Describe);
  Result<HttpClient> client = HttpClient::To(server.Url());
  ASSERT_TRUE(client.has_value());
  for (const char* method : {"GET", "DELETE", "PUT", "PATCH"}) {
    const Result<HttpResponse> response = client->Send({.method = method, .target = "/b"}, seconds(60));
    ASSERT_TRUE(response.has_value()) << ErrorText(response.error());
    EXPECT_EQ(response->body, fmt::format("{} /b q= api nobody ", method));
  }
  const Result<HttpResponse> head = client->Send({.method = "HEAD", .target = "/b"}, seconds(60));
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->body, "");
  EXPECT_TRUE(client->Send({.target = "/b"}, seconds(60)).has_value());
}

TEST(Client, CarriesTheLargestBodyBothWays) {
  TestServer server([](const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
    responder->Send({.body = request.body + request.body});
  });
  const std::string large(4 << 20, 'x');
  Result<HttpClient> client = HttpClient::To(server.UnixAddress());
  const Result<HttpResponse> response = client->Send({.method = "POST", .target = "/", .body = large}, seconds(60));
  ASSERT_TRUE(response.has_value()) << ErrorText(response.error());
  EXPECT_EQ(response->body, large + large);
  const Result<HttpResponse> refused = client->Send({.method = "POST", .target = "/", .body = large + "x"}, seconds(60));
  ASSERT_TRUE(refused.has_value()) << ErrorText(refused.error());
  EXPECT_EQ(refused->status, 413);
}

TEST(Client, SaysHowToStartADaemonThatIsNotThere) {
  for (const char* address : {"unix:/tmp/no/such/socket", "http://127.0.0.1:1"}) {
    Result<HttpClient> client = HttpClient::To(address);
    ASSERT_TRUE(client.has_value());
    const Result<HttpResponse> response = client->Send({.target = "/"}, seconds(60));
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(response.error().hint, "Start it with: tuesday serve") << response.error().message;
  }
  EXPECT_EQ(HttpClient::To("ftp://x").error().code, ErrorCode::kInvalid);
}

TEST(Client, EndsAtItsDeadline) {
  std::vector<std::shared_ptr<Responder>> kept;
  TestServer server([&](const HttpRequest&, std::shared_ptr<Responder> responder) { kept.push_back(std::move(responder)); });
  Result<HttpClient> client = HttpClient::To(server.Url());
  const Result<HttpResponse> response = client->Send({.target = "/"}, milliseconds(50));
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(response.error().message.contains("50ms")) << response.error().message;
  server.OnLoop([&] { return kept.clear(), 0; });
}

// Streams numbers from the one after Last-Event-ID to `last`.
Handler CountTo(int last) {
  return [last](const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
    const std::string seen = request.Header("last-event-id");
    const std::shared_ptr<EventStream> stream = responder->StartEvents();
    for (int i = seen.empty() ? 1 : std::stoi(seen) + 1; i <= last; ++i) {
      stream->Send({.id = std::to_string(i), .event = "count", .data = fmt::format("line {}\nof {}", i, last)});
    }
    stream->Close();
  };
}

TEST(Client, ReadsAStreamToItsEndAndGoesOnWhereItLeft) {
  TestServer server(CountTo(100));
  Result<HttpClient> client = HttpClient::To(server.UnixAddress());
  std::vector<ServerEvent> events;
  const Result<HttpResponse> first = client->Stream({.target = "/"}, seconds(60), [&](const ServerEvent& event) {
    events.push_back(event);
    return events.size() < 40 ? Reading::kGoOn : Reading::kStop;
  });
  ASSERT_TRUE(first.has_value()) << ErrorText(first.error());
  ASSERT_EQ(events.size(), 40U);
  const ClientRequest again = {.target = "/", .headers = {{"Last-Event-ID", events.back().id}}};
  const Result<HttpResponse> second = client->Stream(again, seconds(60), [&](const ServerEvent& event) {
    events.push_back(event);
    return Reading::kGoOn;
  });
  ASSERT_TRUE(second.has_value()) << ErrorText(second.error());
  ASSERT_EQ(events.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(events[static_cast<std::size_t>(i)],
              (ServerEvent{std::to_string(i + 1), "count", fmt::format("line {}\nof 100", i + 1)}));
  }
}

TEST(Client, GivesTheAnswerThatIsNoStream) {
  TestServer server(Describe);
  Result<HttpClient> client = HttpClient::To(server.UnixAddress());
  const Result<HttpResponse> response = client->Stream({.target = "/a"}, seconds(60), [](const ServerEvent&) {
    ADD_FAILURE() << "There was no event.";
    return Reading::kStop;
  });
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 202);
  EXPECT_TRUE(response->body.starts_with("GET /a"));
}

}  // namespace
}  // namespace tuesday::http
