// SPDX-License-Identifier: Apache-2.0
// What every BlobStore must do. A harness has BlobStore& store().
#pragma once

#include <gtest/gtest.h>

#include "base/digest.h"
#include "ports/blob_store.h"

namespace tuesday::testing {

template <typename Harness>
class BlobStoreContract : public ::testing::Test {
 protected:
  Harness harness_;
};

TYPED_TEST_SUITE_P(BlobStoreContract);

TYPED_TEST_P(BlobStoreContract, BytesReadBackUnderTheirDigest) {
  const std::string odd("a\0b\n\xff", 5);
  for (const std::string& bytes : {std::string(), std::string("text"), odd, std::string(1 << 20, 'x')}) {
    const auto digest = this->harness_.store().Put(bytes);
    ASSERT_TRUE(digest.has_value());
    EXPECT_EQ(*digest, Sha256Hex(bytes));
    EXPECT_EQ(this->harness_.store().Put(bytes).value(), *digest);
    EXPECT_EQ(this->harness_.store().Get(*digest).value(), bytes);
  }
}

TYPED_TEST_P(BlobStoreContract, WhatWasNotStoredIsNotFound) {
  EXPECT_EQ(this->harness_.store().Get(std::string(64, 'a')).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->harness_.store().Get("../../etc/passwd").error().code, ErrorCode::kNotFound);
}

REGISTER_TYPED_TEST_SUITE_P(BlobStoreContract, BytesReadBackUnderTheirDigest, WhatWasNotStoredIsNotFound);

}  // namespace tuesday::testing
