// SPDX-License-Identifier: Apache-2.0
#include "core/gate/verdict.h"

#include <gtest/gtest.h>

namespace tuesday::gate {
namespace {

TEST(Worst, OfNothingThereIsNoEvidence) { EXPECT_EQ(Worst({}), Verdict::kNoEvidence); }

TEST(Worst, OneGateWithoutEvidenceHoldsAllOthers) {
  EXPECT_EQ(Worst({Verdict::kPass, Verdict::kNoEvidence, Verdict::kPass}), Verdict::kNoEvidence);
}

TEST(Worst, AFailureIsNotHiddenByMissingEvidence) { EXPECT_EQ(Worst({Verdict::kNoEvidence, Verdict::kFail}), Verdict::kFail); }

TEST(Worst, PassesOnlyWhenAllPass) { EXPECT_EQ(Worst({Verdict::kPass, Verdict::kPass}), Verdict::kPass); }

TEST(Verdict, StartsAsNoEvidence) { EXPECT_EQ(Finding().verdict, Verdict::kNoEvidence); }

}  // namespace
}  // namespace tuesday::gate
