// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/reader/convert.h"

namespace tuesday::workflow {
namespace {

bool IsDocker(std::string_view uses) { return uses.starts_with("docker://"); }
bool IsLocal(std::string_view uses) { return uses.starts_with("./") || uses.starts_with(".\\") || uses.starts_with("$/"); }

// "owner/repo" of `owner/repo[/path]@ref`, or nothing when it is not that.
std::optional<std::string> RepositoryOf(std::string_view uses) {
  const std::size_t sign = uses.find('@');
  if (sign == std::string_view::npos || sign + 1 == uses.size() || uses.find('@', sign + 1) != std::string_view::npos)
    return {};
  std::string_view rest = uses.substr(0, sign);
  std::string_view segments[2];
  for (std::string_view& segment : segments) {
    rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));
    segment = rest.substr(0, rest.find_first_of("/\\"));
    if (segment.empty()) return std::nullopt;
    rest.remove_prefix(segment.size());
  }
  return std::string(segments[0]).append("/").append(segments[1]);
}

// What the id of a step without one is made of.
std::string DefaultId(const Step& step) {
  switch (step.kind) {
    case StepKind::kWait: return "wait";
    case StepKind::kWaitAll: return "wait-all";
    case StepKind::kCancel: return "cancel";
    case StepKind::kParallel: return "parallel";
    case StepKind::kRun: return "run";
    case StepKind::kUses: break;
  }
  const std::string& uses = step.uses->text;
  if (IsDocker(uses)) return uses.substr(uses.find("//") + 2);
  if (IsLocal(uses)) return "self";
  return RepositoryOf(uses).value_or("run");
}

Result<void> CheckMap(const Token& token, std::string_view what) {
  if (token.IsExpression()) return {};
  TRY_OK(Expect(token, TokenKind::kMapping, what));
  for (const Member& member : token.members) {
    if (member.key.IsExpression()) continue;
    TRY_OK(ExpectOrExpression(member.value, TokenKind::kString, fmt::format("{} value", what)));
  }
  return {};
}

// The ids that a wait or cancel step names.
std::vector<Token> Ids(const Token& token) {
  if (token.Is(TokenKind::kSequence)) return token.items;
  return {token};
}

class StepReader {
 public:
  StepReader(ReadState& state, StepsOf of)
      : state_(state), condition_of_(of == StepsOf::kAction ? ConditionOf::kActionStep : ConditionOf::kStep) {}

  Result<std::vector<Step>> Read(Token& steps, std::string_view what) {
    TRY_OK(Expect(steps, TokenKind::kSequence, what));
    std::vector<Step> result;
    result.reserve(steps.items.size());
    for (Token& item : steps.items) TRY_OK(ReadOne(item, result.emplace_back()));
    return result;
  }

  // Gives every step that has none an id, in the order of the file.
  Result<void> Name(std::vector<Step>& steps) {
    for (Step& step : steps) {
      if (step.id.empty()) {
        ids_.Append("__" + DefaultId(step));
        TRY(step.id, ids_.Build(ReservedPrefix::kAllowed, kIdLengthMax));
      }
      TRY_OK(Name(step.parallel));
    }
    return {};
  }

 private:
  Result<void> ReadOne(Token& item, Step& step) {
    TRY_OK(Expect(item, TokenKind::kMapping, "steps item"));
    step.at = item.at;
    const Token* condition = nullptr;
    for (Member& member : item.members) {
      TRY_OK(Expect(member.key, TokenKind::kString, "steps item key"));
      if (member.key.text == "if") condition = &member.value;
      TRY_OK(ReadProperty(member.key.text, member.value, step));
    }
    TRY(step.condition, ConvertCondition(condition, condition_of_, state_));
    if (step.kind == StepKind::kUses) CheckUses(*step.uses);
    return {};
  }

  Result<void> ReadProperty(std::string_view key, Token& value, Step& step) {
    if (key == "id") return ReadId(value, step);
    if (key == "name") {
      step.name = std::move(value);
    } else if (key == "run") {
      step.kind = StepKind::kRun;
      step.run = std::move(value);
    } else if (key == "shell") {
      step.shell = std::move(value);
    } else if (key == "working-directory") {
      step.working_directory = std::move(value);
    } else if (key == "background") {
      step.background = std::move(value);
    } else if (key == "continue-on-error") {
      step.continue_on_error = std::move(value);
      return ExpectOrExpression(*step.continue_on_error, TokenKind::kBoolean, "step continue-on-error");
    } else if (key == "timeout-minutes") {
      step.timeout_minutes = std::move(value);
      return ExpectOrExpression(*step.timeout_minutes, TokenKind::kNumber, "step timeout-minutes");
    } else if (key == "env") {
      step.env = std::move(value);
      return CheckMap(*step.env, "environment");
    } else if (key == "with") {
      step.with = std::move(value);
      return CheckMap(*step.with, "inputs");
    } else if (key == "uses") {
      step.kind = StepKind::kUses;
      step.uses = std::move(value);
      TRY_OK(Expect(*step.uses, TokenKind::kString, "steps item uses"));
    } else {
      return ReadFlow(key, value, step);
    }
    return {};
  }

  Result<void> ReadFlow(std::string_view key, Token& value, Step& step) {
    if (key == "wait") {
      step.kind = StepKind::kWait;
      step.waits_for = Ids(value);
    } else if (key == "wait-all") {
      step.kind = StepKind::kWaitAll;
    } else if (key == "cancel") {
      step.kind = StepKind::kCancel;
      step.waits_for = Ids(value);
    } else if (key == "parallel") {
      step.kind = StepKind::kParallel;
      TRY(step.parallel, Read(value, "steps item parallel"));
    }
    return {};
  }

  Result<void> ReadId(const Token& value, Step& step) {
    TRY_OK(Expect(value, TokenKind::kString, "steps item id"));
    step.id = value.text;
    if (value.text.empty()) return {};
    if (const std::optional<std::string> problem = ids_.AddKnown(value.text)) state_.Add(value.at, *problem);
    return {};
  }

  void CheckUses(const Token& uses) {
    if (IsDocker(uses.text) || IsLocal(uses.text) || RepositoryOf(uses.text).has_value()) return;
    state_.Add(uses.at, fmt::format("Expected format {{org}}/{{repo}}[/path]@ref. Actual '{}'", uses.text));
  }

  ReadState& state_;
  ConditionOf condition_of_;
  IdBuilder ids_;
};

}  // namespace

Result<std::vector<Step>> ConvertSteps(Token steps, ReadState& state, StepsOf of) {
  StepReader reader(state, of);
  TRY(std::vector<Step> result, reader.Read(steps, of == StepsOf::kJob ? "job steps" : "composite steps"));
  TRY_OK(reader.Name(result));
  return result;
}

}  // namespace tuesday::workflow
