// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/message.h"

#include <gtest/gtest.h>

#include "adapters/http/events.h"

namespace tuesday::http {
namespace {

TEST(ParseTarget, DecodesPathAndQuery) {
  HttpRequest request;
  ASSERT_TRUE(ParseTarget("/v1/a%20b/+?match[]=up&match%5B%5D=x+y%2B&flag&&=z", request).has_value());
  EXPECT_EQ(request.path, "/v1/a b/+");
  EXPECT_EQ(request.query, (QueryMap{{"match[]", "up"}, {"match[]", "x y+"}, {"flag", ""}, {"", "z"}}));
  EXPECT_EQ(request.Query("match[]"), "up");
  EXPECT_EQ(request.Query("nothing"), "");
}

TEST(ParseTarget, RefusesWhatIsNoAddress) {
  for (const char* target : {"", "v1", "*", "http://host/v1", "/%", "/%4", "/%zz", "/%00", "/a?b=%f"}) {
    HttpRequest request;
    const Result<void> parsed = ParseTarget(target, request);
    ASSERT_FALSE(parsed.has_value()) << target;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid) << target;
  }
}

// Two readers of one address must not be able to think of two places.
TEST(ParseTarget, RefusesTricksWithThePath) {
  for (const char* target : {"/v1/namespaces/a/../b", "/v1/%2e%2e/b", "/v1/.%2E/b", "/v1/..", "/..", "/./v1", "/v1/.", "//v1",
                             "/v1//b", "/v1/a%2fb", "/v1/a%2Fb", "/v1/a%5cb", "/v1/a\\b", "/v1/a%0d%0ab", "/v1/%7f"}) {
    HttpRequest request;
    EXPECT_FALSE(ParseTarget(target, request).has_value()) << target;
  }
  for (const char* target : {"/", "/v1/a..b", "/v1/...", "/v1/.a", "/v1/a/", "/v1/x?back=../..&slash=%2f"}) {
    HttpRequest request;
    EXPECT_TRUE(ParseTarget(target, request).has_value()) << target;
  }
}

TEST(EncodeUrlPart, IsUndoneByParsing) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  std::string part;
  for (int c = ' '; c < 256; ++c) {
    if (!std::string_view("/\\\x7f").contains(static_cast<char>(c))) part += static_cast<char>(c);
  }
  HttpRequest request;
  ASSERT_TRUE(ParseTarget("/" + EncodeUrlPart(part) + "?q=" + EncodeUrlPart(all), request).has_value());
  EXPECT_EQ(request.path, "/" + part);
  EXPECT_EQ(request.Query("q"), all);
}

struct EventCase {
  const char* name;
  ServerEvent event;
};

TEST(Events, ReadBackAsTheyWereWrittenWhereverTheStreamIsCut) {
  for (const EventCase& c :
       {EventCase{"Plain", {"7", "entry", R"({"a":1})"}}, EventCase{"SeveralLines", {"7", "", "a\nb\n\nc"}},
        EventCase{"Empty", {"7", "", ""}}, EventCase{"LeadingBlank", {"7", "", "  x"}}, EventCase{"Colon", {"7", "", "a: b"}},
        EventCase{"EndsWithABreak", {"7", "", "a\n"}}}) {
    const std::string text = ": a comment\n\n" + EventText(c.event) + EventText(c.event);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      EventParser parser;
      std::vector<ServerEvent> events = parser.Feed(std::string_view(text).substr(0, cut));
      for (ServerEvent& event : parser.Feed(std::string_view(text).substr(cut))) events.push_back(std::move(event));
      EXPECT_EQ(events, (std::vector<ServerEvent>{c.event, c.event})) << c.name << " cut at " << cut;
    }
  }
}

TEST(Events, TakeEveryLineEndOfTheStandard) {
  EventParser parser;
  EXPECT_EQ(parser.Feed("id: 1\r\ndata: a\r\n\r\ndata: b\r\rdata:c\nretry: 5\nother\n\n"),
            (std::vector<ServerEvent>{{"1", "", "a"}, {"1", "", "b"}, {"1", "", "c"}}));
  EXPECT_EQ(parser.Feed("data: never ended").size(), 0U);
  EXPECT_GT(parser.pending_bytes(), 0U);
}

TEST(Events, ABreakInIdOrKindCannotForgeAnEvent) {
  EventParser parser;
  const std::vector<ServerEvent> events = parser.Feed(EventText({"1\ndata: forged", "x\r\n\r\n", "real"}));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data, "real");
}

}  // namespace
}  // namespace tuesday::http
