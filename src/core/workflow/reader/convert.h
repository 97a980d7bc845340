// SPDX-License-Identifier: Apache-2.0
// Turns the tokens of a file into the typed model. What is wrong with a value is added to the state and reading goes on; an
// error ends the reading of the workflow, as it does at GitHub. An internal header of this folder.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/model.h"
#include "core/workflow/reader/ids.h"
#include "core/workflow/reader/state.h"

namespace tuesday::workflow {

// The root of the workflow that was asked for. What is long is moved out of the tokens, not copied.
Result<void> ConvertWorkflow(Token root, ReadState& state, Workflow& workflow);

// The root of a workflow that `job` calls: fills in the job's definitions and jobs, and checks what is passed and what is
// permitted.
Result<void> ConvertCalled(Token root, ReadState& state, Job& job);

Result<std::vector<Job>> ConvertJobs(Token jobs, ReadState& state);
enum class StepsOf { kJob, kAction };
Result<std::vector<Step>> ConvertSteps(Token steps, ReadState& state, StepsOf of = StepsOf::kJob);
Result<Permissions> ConvertPermissions(const Token& token, ReadState& state);

// `if` as a complete condition: success() when it is empty, `success() && (…)` when it names no status function.
enum class ConditionOf { kJob, kStep, kSnapshot, kActionStep };
Result<Token> ConvertCondition(const Token* token, ConditionOf of, ReadState& state);

Result<void> CheckConcurrency(const Token& token, ReadState& state);
Result<void> CheckStrategy(const Token& token, ReadState& state);
Result<void> CheckRunsOn(const Token& token, ReadState& state);
Result<void> CheckEnvironment(const Token& token);
Result<void> CheckSnapshot(const Token& token, ReadState& state);

enum class ContainerRole { kJob, kService };
Result<void> CheckContainer(const Token& token, ContainerRole role, ReadState& state);
Result<void> CheckServices(const Token& token, ReadState& state);

// The token itself when it is of the kind, with GitHub's words for what else it is.
Result<const Token*> Expect(const Token& token, TokenKind kind, std::string_view what);

// Fails unless the token is an expression or of the kind.
Result<void> ExpectOrExpression(const Token& token, TokenKind kind, std::string_view what);

}  // namespace tuesday::workflow
