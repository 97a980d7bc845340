// SPDX-License-Identifier: Apache-2.0
#include "wire/journal/record.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "wire/journal/text.h"

namespace tuesday::journal {
namespace {

Content Aborted() {
  Content content;
  content.at = WallTime(std::chrono::milliseconds(1'795'442'400'123));
  content.object = {Namespace("production"), "Rollout", "api"};
  content.attempt = "u1.2";
  content.entry = {"rollout.aborted",
                   "CanaryHighErrorRate 5.1 % > 1 %",
                   {{"requests", 1196}, {"ratio", 0.051}, {"alerts", Json::Array{"CanaryHighErrorRate"}}}};
  return content;
}

// The bytes of format 1. If this test fails, the change breaks every journal that exists: change the code, not the test.
constexpr std::string_view kGoldenFirst =
    R"({"attempt":"u1.2","data":{"alerts":["CanaryHighErrorRate"],"ratio":0.051,"requests":1196},"format":1,)"
    R"("kind":"rollout.aborted","message":"CanaryHighErrorRate 5.1 % > 1 %","number":1,)"
    R"("object":{"kind":"Rollout","name":"api","namespace":"production"},)"
    R"("previous":"0000000000000000000000000000000000000000000000000000000000000000","time":"2026-11-23T14:00:00.123Z"})";
constexpr std::string_view kGoldenFirstHash = "769ed887b4e19ed9591e00b981af8610abd2d1582cb6575da3bc2d2f376c84b9";
constexpr std::string_view kGoldenSecondHash = "29bc36b4835a9b48c954a64181a8f292dae9225c05cfa00b0f8e5c2aa6ba2dc5";

TEST(Journal, WritesTheFrozenBytes) {
  const Result<Encoded> first = Encode({}, Aborted());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->bytes, kGoldenFirst);
  EXPECT_EQ(first->end, (ChainEnd{1, std::string(kGoldenFirstHash)}));
  const Result<Encoded> second = Encode(first->end, Aborted());
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->end, (ChainEnd{2, std::string(kGoldenSecondHash)}));
}

TEST(Journal, ReadsBackWhatItWrote) {
  const Result<Encoded> encoded = Encode({41, std::string(kGoldenFirstHash)}, Aborted());
  ASSERT_TRUE(encoded.has_value());
  const Result<Record> record = Decode(encoded->bytes);
  ASSERT_TRUE(record.has_value()) << record.error().message;
  EXPECT_EQ(*record, (Record{42, std::string(kGoldenFirstHash), Aborted()}));
}

TEST(Journal, RefusesAnEntryAboveTheLimit) {
  Content content = Aborted();
  content.entry.data["samples"] = std::string(kRecordBytesMax, 'x');
  const Result<Encoded> encoded = Encode({}, content);
  ASSERT_FALSE(encoded.has_value());
  EXPECT_EQ(encoded.error().code, ErrorCode::kLimit);
  EXPECT_NE(encoded.error().message.find("rollout.aborted"), std::string::npos);
}

TEST(Journal, TakesAnEntryOfExactlyTheLimit) {
  Content content = Aborted();
  const std::size_t without = Encode({}, content)->bytes.size();
  content.entry.message += std::string(kRecordBytesMax - without, 'x');
  ASSERT_TRUE(Encode({}, content).has_value());
  content.entry.message += 'x';
  EXPECT_FALSE(Encode({}, content).has_value());
}

TEST(Journal, RefusesDataThatNoReaderCouldHold) {
  Json nested = 1;
  for (int depth = 0; depth < kDataDepthMax; ++depth) nested = Json::Array{nested};
  Content content = Aborted();
  content.entry.data["deep"] = nested;
  const Result<Encoded> encoded = Encode({}, content);
  ASSERT_FALSE(encoded.has_value());
  EXPECT_EQ(encoded.error().code, ErrorCode::kLimit);
  content.entry.data["deep"] = nested.as_array()->front();
  ASSERT_TRUE(Encode({}, content).has_value());
  EXPECT_TRUE(Decode(Encode({}, content)->bytes).has_value());
}

TEST(Journal, MendsTextThatIsNotUtf8) {
  Content content = Aborted();
  content.entry.message = "log: \xff\xc0\xaf caf\xc3\xa9";
  content.entry.data["k\xfe"] = "\xed\xa0\x80";
  const Result<Encoded> encoded = Encode({}, content);
  ASSERT_TRUE(encoded.has_value());
  const Result<Record> record = Decode(encoded->bytes);
  ASSERT_TRUE(record.has_value()) << record.error().message;
  EXPECT_EQ(record->content.entry.message, "log: \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd caf\xc3\xa9");
}

struct Utf8Case {
  std::string_view name;
  std::string_view text;
  std::string_view mended;
};

TEST(MendUtf8, ReplacesOnlyWhatIsNotWellFormed) {
  for (const Utf8Case& c :
       {Utf8Case{"Ascii", "plain", "plain"}, Utf8Case{"TwoBytes", "\xc3\xa9", "\xc3\xa9"},
        Utf8Case{"ThreeBytes", "\xe2\x82\xac", "\xe2\x82\xac"}, Utf8Case{"FourBytes", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        Utf8Case{"CutAtTheEnd", "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
        Utf8Case{"Overlong", "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        Utf8Case{"Surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        Utf8Case{"BeyondUnicode", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}}) {
    EXPECT_EQ(MendUtf8(c.text), c.mended) << c.name;
  }
}

TEST(Journal, AnyChangedByteBreaksTheChain) {
  const Result<Encoded> first = Encode({}, Aborted());
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(VerifyNext({}, first->bytes, first->end.hash).has_value());
  for (std::size_t i = 0; i < first->bytes.size(); ++i) {
    std::string changed = first->bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const Result<ChainEnd> end = VerifyNext({}, changed, first->end.hash);
    ASSERT_FALSE(end.has_value()) << i;
    EXPECT_EQ(end.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(end.error().message.find("entry 1 "), std::string::npos);
  }
}

struct ForgeryCase {
  std::string_view name;
  ChainEnd before;
  std::string_view why;
};

TEST(Journal, ARecordOfAnotherPlaceIsRefusedEvenWithItsRightHash) {
  const Result<Encoded> first = Encode({}, Aborted());
  ASSERT_TRUE(first.has_value());
  for (const ForgeryCase& c : {ForgeryCase{"Repeated", first->end, "number 1"},
                               ForgeryCase{"OtherPast", {0, std::string(kGoldenFirstHash)}, "hash of the entry before"}}) {
    const Result<ChainEnd> end = VerifyNext(c.before, first->bytes, first->end.hash);
    ASSERT_FALSE(end.has_value()) << c.name;
    EXPECT_NE(end.error().message.find(c.why), std::string::npos) << c.name << ": " << end.error().message;
  }
}

TEST(Journal, ReadsOnlyRecordsThatItCouldHaveWritten) {
  const std::string golden(kGoldenFirst);
  const auto replaced = [&golden](std::string_view from, std::string_view to) {
    std::string text = golden;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& bytes :
       {std::string(), std::string("[]"), replaced("\"number\":1", "\"number\":0"), replaced("\"number\":1", "\"number\":1.5"),
        replaced("\"format\":1", "\"format\":0"), replaced("\"attempt\"", "\"attempu\""), replaced("2026-11-23", "2026-13-23"),
        replaced("1196", "1196.0"), replaced("\"data\":{", "\"data\": {"), replaced("\"attempt\"", "\"aaa\":1,\"attempt\"")}) {
    const Result<Record> record = Decode(bytes);
    ASSERT_FALSE(record.has_value()) << bytes;
    EXPECT_EQ(record.error().code, ErrorCode::kCorrupt) << bytes;
  }
  const Result<Record> newer = Decode(replaced("\"format\":1", "\"format\":2"));
  ASSERT_FALSE(newer.has_value());
  EXPECT_EQ(newer.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace tuesday::journal
