// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/event/inputs.h"

#include <gtest/gtest.h>

#include "core/workflow/read.h"

namespace tuesday::workflow {
namespace {

std::vector<Trigger> Triggers() {
  constexpr std::string_view kText = R"(
on:
  workflow_dispatch:
    inputs:
      level: {type: choice, options: [low, high], default: low}
      dry: {type: boolean}
      count: {type: number, default: 3}
      who: {type: string, required: true}
jobs: {a: {runs-on: x, steps: [{run: a}]}}
)";
  return ReadTriggers(*ReadWorkflow(kText, "ci.yaml", {}).workflow.on);
}

TEST(Inputs, AreTypedAndKeptAsTexts) {
  const auto inputs = ReadInputs(Triggers(), "workflow_dispatch", {{"who", "Ada"}, {"dry", "true"}});
  ASSERT_TRUE(inputs.has_value()) << inputs.error().message;
  EXPECT_EQ(CanonicalJson(Json(inputs->typed)), R"({"count":3,"dry":true,"level":"low","who":"Ada"})");
  EXPECT_EQ(CanonicalJson(Json(inputs->texts)), R"({"count":"3","dry":"true","level":"low","who":"Ada"})");
}

TEST(Inputs, ThatAreWrongAreNamed) {
  const struct {
    std::map<std::string, std::string> given;
    std::string_view part;
  } cases[] = {{{}, "asks for the input 'who'"},
               {{{"who", "a"}, {"level", "medium"}}, "none of the choices"},
               {{{"who", "a"}, {"dry", "yes"}}, "true or false"},
               {{{"who", "a"}, {"other", "1"}}, "no input 'other'"}};
  for (const auto& one : cases) {
    const auto inputs = ReadInputs(Triggers(), "workflow_dispatch", one.given);
    ASSERT_FALSE(inputs.has_value());
    EXPECT_NE(inputs.error().message.find(one.part), std::string::npos) << inputs.error().message;
  }
}

}  // namespace
}  // namespace tuesday::workflow
