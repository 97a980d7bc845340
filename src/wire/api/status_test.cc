// SPDX-License-Identifier: Apache-2.0
#include "wire/api/status.h"

#include <gtest/gtest.h>

#include <set>

namespace tuesday::api {
namespace {

constexpr ErrorCode kAll[] = {ErrorCode::kInvalid, ErrorCode::kNotFound, ErrorCode::kConflict,    ErrorCode::kStale,
                              ErrorCode::kDenied,  ErrorCode::kLimit,    ErrorCode::kUnsupported, ErrorCode::kUnavailable,
                              ErrorCode::kCorrupt, ErrorCode::kInternal};

TEST(ErrorCode, ReadsBackFromItsWord) {
  std::set<std::string_view> words;
  for (const ErrorCode code : kAll) {
    EXPECT_EQ(ErrorCodeOf(ErrorCodeName(code)), code);
    words.insert(ErrorCodeName(code));
  }
  EXPECT_EQ(words.size(), std::size(kAll));
}

TEST(ErrorCode, HasAnErrorStatus) {
  for (const ErrorCode code : kAll) EXPECT_GE(HttpStatusOf(code), 400);
}

TEST(ErrorJson, HasTheOneShape) {
  EXPECT_EQ(CanonicalJson(ErrorJson({ErrorCode::kNotFound, "There is no api.", "Try list."})),
            R"({"error":{"code":"not_found","hint":"Try list.","message":"There is no api."}})");
}

}  // namespace
}  // namespace tuesday::api
