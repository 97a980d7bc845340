// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/record/report_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace tuesday::sandbox {
namespace {

class StepsFileTest : public testing::Test {
 protected:
  StepsFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tuesday-steps-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_.path = pattern;
  }
  ~StepsFileTest() override { std::filesystem::remove_all(folder_.path); }

  static StepReport Report(int ordinal) {
    StepReport report{.id = "r." + std::to_string(ordinal), .ordinal = ordinal, .exit_code = ordinal};
    report.outputs = {{"text", "a\nline"}};
    return report;
  }

  PlaceFolder folder_;
};

TEST_F(StepsFileTest, HasReportsInTheOrderOfTheirEndsAndWhoHasNone) {
  auto file = StepsFile::Open(folder_);
  ASSERT_TRUE(file.has_value());
  std::vector<ReportSpan> spans;
  for (const int ordinal : {1, 2, 3}) EXPECT_TRUE(file->AddBegun({"r." + std::to_string(ordinal), ordinal, {}}).has_value());
  for (const int ordinal : {3, 1}) spans.push_back(*file->AddReport(Report(ordinal)));
  EXPECT_EQ(*ReadReport(folder_, spans[0]), Report(3));
  EXPECT_EQ(*ReadReport(folder_, spans[1]), Report(1));
  const auto known = ReadSteps(folder_);
  ASSERT_TRUE(known.has_value()) << known.error().message;
  EXPECT_EQ(known->reports, (std::vector<StepReport>{Report(3), Report(1)}));
  ASSERT_EQ(known->begun.size(), 1U);
  EXPECT_EQ(known->begun[0].id, "r.2");
}

TEST_F(StepsFileTest, CountsAStepOnceThatWasBegunAgain) {
  auto file = StepsFile::Open(folder_);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(file->AddBegun({"r.1", 1, {}}).has_value());
  EXPECT_EQ(ReadSteps(folder_)->begun.size(), 1U);
}

TEST_F(StepsFileTest, TakesNoLineThatWasCut) {
  auto file = StepsFile::Open(folder_);
  EXPECT_TRUE(file->AddBegun({"r.1", 1, {}}).has_value());
  ASSERT_TRUE(file->AddReport(Report(1)).has_value());
  const auto size = std::filesystem::file_size(folder_.steps());
  std::filesystem::resize_file(folder_.steps(), size - 1);
  const auto known = ReadSteps(folder_);
  ASSERT_TRUE(known.has_value());
  EXPECT_TRUE(known->reports.empty());
  EXPECT_EQ(known->begun.size(), 1U);
}

TEST_F(StepsFileTest, RefusesWhatIsNoneOfIts) {
  EXPECT_TRUE(ReadSteps(folder_)->reports.empty());
  std::ofstream(folder_.steps()) << "something\n";
  EXPECT_EQ(ReadSteps(folder_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ReadReport(folder_, {0, 9}).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ReadReport(folder_, {0, 900}).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ReadReport(folder_, {-1, 9}).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace tuesday::sandbox
