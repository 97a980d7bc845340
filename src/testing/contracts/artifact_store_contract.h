// SPDX-License-Identifier: Apache-2.0
// What every ArtifactStore must do. A harness has ArtifactStore& store() and std::string Source(int content), which puts
// other content at one source and returns it.
#pragma once

#include <gtest/gtest.h>

#include "ports/artifact_store.h"

namespace tuesday::testing {

template <typename Harness>
class ArtifactStoreContract : public ::testing::Test {
 protected:
  Harness harness_;
};

TYPED_TEST_SUITE_P(ArtifactStoreContract);

TYPED_TEST_P(ArtifactStoreContract, SameContentHasTheSameDigestAndOtherContentAnother) {
  const auto first = this->harness_.store().TakeIn(this->harness_.Source(1));
  const auto again = this->harness_.store().TakeIn(this->harness_.Source(1));
  const auto other = this->harness_.store().TakeIn(this->harness_.Source(2));
  ASSERT_TRUE(first.has_value() && again.has_value() && other.has_value());
  EXPECT_EQ(first->size(), 64u);
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*first, *other);
  EXPECT_NE(this->harness_.store().PathOf(*first).value(), this->harness_.store().PathOf(*other).value());
}

TYPED_TEST_P(ArtifactStoreContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(this->harness_.store().TakeIn("dir:/no/such/folder").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->harness_.store().PathOf(std::string(64, 'a')).error().code, ErrorCode::kNotFound);
}

TYPED_TEST_P(ArtifactStoreContract, WhatIsRemovedIsGoneAndCanBeTakenInAgain) {
  const auto first = this->harness_.store().TakeIn(this->harness_.Source(1));
  const auto other = this->harness_.store().TakeIn(this->harness_.Source(2));
  ASSERT_TRUE(first.has_value() && other.has_value());
  EXPECT_EQ(this->harness_.store().List()->size(), 2u);
  const auto removed = this->harness_.store().Remove(*first);
  ASSERT_TRUE(removed.has_value()) << removed.error().message;
  EXPECT_GT(*removed, 0u);
  EXPECT_EQ(this->harness_.store().PathOf(*first).error().code, ErrorCode::kNotFound);
  ASSERT_EQ(this->harness_.store().List()->size(), 1u);
  EXPECT_EQ(this->harness_.store().List()->front().digest, *other);
  EXPECT_EQ(this->harness_.store().Remove(*first).value(), 0u);
  EXPECT_EQ(this->harness_.store().TakeIn(this->harness_.Source(1)).value(), *first);
  EXPECT_TRUE(this->harness_.store().PathOf(*first).has_value());
}

REGISTER_TYPED_TEST_SUITE_P(ArtifactStoreContract, SameContentHasTheSameDigestAndOtherContentAnother, WhatIsNotThereIsNotFound,
                            WhatIsRemovedIsGoneAndCanBeTakenInAgain);

}  // namespace tuesday::testing
