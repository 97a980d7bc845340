// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/read.h"

#include <gmock/gmock.h>

#include <map>

namespace tuesday::workflow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Problems(const ReadResult& result) {
  std::vector<std::string> texts;
  for (const WorkflowProblem& problem : result.problems) texts.push_back(problem.text);
  return texts;
}

std::vector<std::string> Problems(std::string_view text, const ReadOptions& options = {}) {
  return Problems(ReadWorkflow(text, "w.yml", options));
}

// A workflow with one job whose body is given, each line indented by four.
std::string Job(std::string_view body) { return "on: push\njobs:\n  a:\n    runs-on: x\n" + std::string(body); }

TEST(ReadWorkflow, KeepsJobsInOrderWithConditionsComplete) {
  const ReadResult result = ReadWorkflow(
      "on: push\njobs:\n  b:\n    runs-on: [x, y]\n    if: github.ref\n    steps:\n    - run: one\n    - run: two\n      if: "
      "always()\n"
      "    - uses: a/b/c@v1\n  a:\n    needs: b\n    runs-on: x\n",
      "w.yml", {});
  ASSERT_THAT(Problems(result), ElementsAre());
  ASSERT_EQ(result.workflow.jobs.size(), 2u);
  const auto& job = result.workflow.jobs[0];
  EXPECT_EQ(job.id.text, "b");
  EXPECT_EQ(job.condition.text, "success() && (github.ref)");
  EXPECT_EQ(job.steps[0].id, "__run");
  EXPECT_EQ(job.steps[1].id, "__run_2");
  EXPECT_EQ(job.steps[1].condition.text, "always()");
  EXPECT_EQ(job.steps[2].id, "__a_b");
  EXPECT_EQ(result.workflow.jobs[1].needs[0].text, "b");
}

TEST(ReadWorkflow, AnchorsStandForWhatTheyName) {
  const ReadResult result = ReadWorkflow(
      "on: push\njobs:\n  a:\n    runs-on: x\n    env: &e\n      K: v\n    steps: &s\n    - run: one\n  b:\n    runs-on: x\n   "
      " env: *e\n"
      "    steps: *s\n",
      "w.yml", {});
  ASSERT_THAT(Problems(result), ElementsAre());
  EXPECT_EQ(result.workflow.jobs[1].env->Find("K")->text, "v");
  EXPECT_EQ(result.workflow.jobs[1].steps[0].run->text, "one");
  EXPECT_THAT(Problems(Job("    env: *nowhere\n")), ElementsAre("w.yml: Unknown anchor 'nowhere'"));
}

TEST(ReadWorkflow, MixedTextBecomesFormat) {
  const ReadResult result =
      ReadWorkflow(Job("    env:\n      A: a{'${{ github.sha }}'}b\n      B: ${{ '{x}' }}\n      C: ${{ 1 }}\n"), "w.yml", {});
  ASSERT_THAT(Problems(result), ElementsAre());
  const Token& env = *result.workflow.jobs[0].env;
  EXPECT_EQ(env.Find("A")->text, "format('a{{''{0}''}}b', github.sha)");
  EXPECT_EQ(env.Find("B")->kind, TokenKind::kString);
  EXPECT_EQ(env.Find("B")->text, "{x}");
  EXPECT_EQ(env.Find("C")->kind, TokenKind::kExpression);
}

TEST(ReadWorkflow, ReadsTheStepsOf2026) {
  const ReadResult result = ReadWorkflow(Job("    steps:\n    - id: db\n      run: serve\n      background: true\n    - "
                                             "parallel:\n      - run: one\n      - run: two\n"
                                             "    - wait: [db]\n    - wait-all:\n    - cancel: db\n    - uses: $/actions/x\n"),
                                         "w.yml", {});
  ASSERT_THAT(Problems(result), ElementsAre());
  const auto& steps = result.workflow.jobs[0].steps;
  ASSERT_EQ(steps.size(), 6u);
  EXPECT_TRUE(steps[0].background->boolean);
  EXPECT_EQ(steps[1].kind, StepKind::kParallel);
  EXPECT_EQ(steps[1].parallel[1].run->text, "two");
  EXPECT_EQ(steps[2].waits_for[0].text, "db");
  EXPECT_EQ(steps[3].kind, StepKind::kWaitAll);
  EXPECT_EQ(steps[4].kind, StepKind::kCancel);
}

TEST(ReadWorkflow, TellsWhereAndWhat) {
  const struct {
    std::string text;
    std::string problem;
  } rows[] = {
      {"jobs: {}\non: push\nfoo: 1\n", "w.yml (Line: 3, Col: 1): Unexpected value 'foo'"},
      {"on: push\n", "w.yml (Line: 1, Col: 1): Required property is missing: jobs"},
      {Job("    RUNS-ON: y\n"), "w.yml (Line: 5, Col: 5): 'RUNS-ON' is already defined"},
      {Job("    timeout-minutes: soon\n"), "w.yml (Line: 5, Col: 22): Unexpected value 'soon'"},
      {Job("    if: matrix.x\n"),
       "w.yml (Line: 5, Col: 9): Unrecognized named-value: 'matrix'. Located at position 1 within expression: matrix.x"},
      {Job("    env: ${{ github.ref }\n"),
       "w.yml (Line: 5, Col: 10): The expression is not closed. An unescaped ${{ sequence was found, but the closing }} "
       "sequence was "
       "not found."},
      {Job("    steps:\n    - uses: nowhere\n"),
       "w.yml (Line: 6, Col: 13): Expected format {org}/{repo}[/path]@ref. Actual 'nowhere'"},
      {Job("    strategy: {matrix: {os: [a], exclude: [{arch: x}]}}\n"),
       "w.yml (Line: 5, Col: 45): Matrix exclude key 'arch' does not match any key within the matrix"},
      {Job("    container: docker://\n"), "w.yml (Line: 5, Col: 16): Container image cannot be empty"},
      {Job("    needs: a\n"), "w.yml (Line: 3, Col: 3): The workflow must contain at least one job with no dependencies."},
      {"on: [push\n", "w.yml: (Line: 2, Col: 1): This is not YAML: did not find expected ',' or ']'"},
      {"", "w.yml: Expected document start parse event"},
      {"on: push\n---\non: push\n", "w.yml (Line: 1, Col: 1): Required property is missing: jobs"},
  };
  for (const auto& row : rows) {
    const std::vector<std::string> problems = Problems(row.text);
    ASSERT_FALSE(problems.empty()) << row.text;
    EXPECT_EQ(problems[0], row.problem);
  }
}

TEST(ReadWorkflow, HoldsItsLimits) {
  EXPECT_THAT(Problems(std::string(kFileCharactersMax + 1, ' ')),
              ElementsAre(HasSubstr("maximum file size of 1048576 characters")));
  EXPECT_THAT(Problems(Job("    env: " + std::string(5'000, '[') + "\n")),
              testing::Contains(HasSubstr("Maximum object depth exceeded")));
  std::string bomb = "on: push\nx0: &x0 [a,a,a,a,a,a,a,a,a,a]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string n = std::to_string(i);
    const std::string p = "*x" + std::to_string(i - 1);
    bomb += "x" + n + ": &x" + n + " [" + p + "," + p + "," + p + "," + p + "," + p + "," + p + "," + p + "," + p + "]\n";
  }
  EXPECT_THAT(Problems(bomb), testing::Contains(HasSubstr("Maximum YAML nodes exceeded")));
  std::string many = "on: push\njobs:\n";
  for (int i = 0; i < 50; ++i) many += "  j" + std::to_string(i) + ": {}\n";
  EXPECT_EQ(Problems(many).size(), kProblemsMax);
}

// Files by the name under which they are called.
class Files : public CalledFiles {
 public:
  Files(std::string name, std::string content) { files_.emplace(std::move(name), std::move(content)); }
  Result<CalledFile> Find(std::string_view, std::string_view ref) const override {
    const auto found = files_.find(ref);
    if (found == files_.end()) return Fail(ErrorCode::kNotFound, "There is no such workflow.");
    return CalledFile{found->first, found->second};
  }

 private:
  std::map<std::string, std::string, std::less<>> files_;
};

TEST(ReadWorkflow, ChecksWhatIsPassedToCalledWorkflows) {
  const Files files("./called.yml",
                    "on: {workflow_call: {inputs: {n: {type: number, required: true}}, secrets: {s: {required: true}}}}\n"
                    "jobs: {x: {runs-on: y, permissions: {contents: write}}}\n");
  const auto read = [&](const std::string& job) {
    return Problems(ReadWorkflow("on: push\njobs:\n  a:\n    uses: ./called.yml\n" + job, "w.yml", {}, &files));
  };
  EXPECT_THAT(read("    permissions: {contents: write}\n    with: {n: 3}\n    secrets: inherit\n"), ElementsAre());
  EXPECT_THAT(read("    permissions: write-all\n    with: {n: three, m: 1}\n"),
              ElementsAre("w.yml (Line: 6, Col: 15): Unexpected value 'three'",
                          "w.yml (Line: 6, Col: 25): Invalid input, m is not defined in the referenced workflow.",
                          "w.yml (Line: 4, Col: 11): Secret s is required, but not provided while calling."));
  EXPECT_THAT(
      read("    with: {n: 3}\n    secrets: inherit\n"),
      ElementsAre(HasSubstr("The nested job 'x' is requesting 'contents: write', but is only allowed 'contents: read'.")));
}

TEST(ReadWorkflow, CallsOfItselfEndAtTheDepth) {
  const Files files("./a.yml", "on: workflow_call\njobs: {a: {uses: ./a.yml}}\n");
  EXPECT_THAT(Problems(ReadWorkflow("on: push\njobs: {a: {uses: ./a.yml}}\n", "w.yml", {}, &files)),
              ElementsAre("Nested reusable workflow depth exceeded 4."));
}

}  // namespace
}  // namespace tuesday::workflow
