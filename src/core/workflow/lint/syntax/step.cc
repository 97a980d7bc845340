// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

enum class StepForm { kOpen, kRun, kUses, kFlow };

// Reads one step.
class StepSyntax {
 public:
  StepSyntax(const Node& node, Values& values) : values_(values) { step_.node = &node; }

  // The steps within `parallel` are put behind it.
  void Check(std::vector<StepNode>& steps) {
    const Entries entries = values_.Mapping("an element of \"steps\"", *step_.node, Empty::kRefused, Case::kExact);
    form_ = FormOf(entries);
    if (form_ == StepForm::kOpen && (step_.node->IsMapping() || step_.node->IsNull())) {
      values_.Error(*step_.node, "The step has neither \"run\" nor \"uses\".");
    }
    for (const Entry& each : entries) {
      if (!CheckCommon(each) && !CheckForm(each, steps) && form_ != StepForm::kOpen) Unexpected(each);
    }
    if (form_ == StepForm::kRun || form_ == StepForm::kUses) steps.push_back(std::move(step_));
  }

 private:
  bool CheckCommon(const Entry& each) {
    const Node& value = *each.value;
    if (each.id == "id") {
      step_.id = values_.String(value, Empty::kRefused);
    } else if (each.id == "if") {
      step_.condition = values_.String(value, Empty::kRefused);
    } else if (each.id == "name") {
      step_.name = values_.String(value, Empty::kRefused);
    } else if (each.id == "env") {
      step_.env = CheckEnv(value, values_);
    } else if (each.id == "continue-on-error") {
      step_.continue_on_error = values_.Bool(value);
    } else if (each.id == "timeout-minutes") {
      step_.timeout_minutes = values_.Float(value);
    } else if (each.id == "background") {
      values_.Bool(value);
    } else {
      return false;
    }
    return true;
  }

  // The later one of "run" and "uses" says what was meant.
  static StepForm FormOf(const Entries& entries) {
    StepForm form = StepForm::kOpen;
    for (const Entry& each : entries) {
      if (each.id == "run") form = StepForm::kRun;
      if (each.id == "uses") form = StepForm::kUses;
      const bool flow = each.id == "parallel" || each.id == "wait" || each.id == "wait-all" || each.id == "cancel";
      if (flow && form == StepForm::kOpen) form = StepForm::kFlow;
    }
    return form;
  }

  bool CheckForm(const Entry& each, std::vector<StepNode>& steps) {
    const Node& value = *each.value;
    if (each.id == "run" || each.id == "shell" || each.id == "working-directory") {
      if (form_ != StepForm::kRun) return false;
      const Node* text = values_.String(value, Empty::kRefused);
      (each.id == "run" ? step_.run : each.id == "shell" ? step_.shell : step_.working_directory) = text;
      return true;
    }
    if (each.id == "uses" || each.id == "with") {
      if (form_ != StepForm::kUses) return false;
      if (each.id == "uses") {
        step_.uses = values_.String(value, Empty::kRefused);
      } else {
        CheckWith(value);
      }
      return true;
    }
    return CheckFlow(each, steps);
  }

  void CheckWith(const Node& value) {
    if (value.IsScalar() && IsOneExpression(value.value)) {
      step_.with.expression = &value;
      return;
    }
    for (const Entry& input : values_.Section("with", value, Empty::kRefused, Case::kIgnored)) {
      if (values_.String(*input.value, Empty::kAllowed) != nullptr) step_.with.entries.push_back(input);
    }
  }

  bool CheckFlow(const Entry& each, std::vector<StepNode>& steps) {
    if (each.id != "parallel" && each.id != "wait" && each.id != "wait-all" && each.id != "cancel") return false;
    if (form_ != StepForm::kFlow) return false;
    if (each.id == "parallel") {
      for (StepNode& step : CheckSteps(*each.value, values_)) steps.push_back(std::move(step));
    } else if (each.id == "wait") {
      values_.StringOrStrings("wait", *each.value, Empty::kRefused, Empty::kRefused);
    } else if (each.id == "cancel") {
      values_.String(*each.value, Empty::kRefused);
    }
    return true;
  }

  void Unexpected(const Entry& each) {
    if (form_ == StepForm::kUses) {
      values_.Unexpected(each, "step that uses an action",
                         {"id", "if", "name", "env", "continue-on-error", "timeout-minutes", "uses", "with", "background"});
    } else {
      values_.Unexpected(each, "step that runs a command",
                         {"id", "if", "name", "env", "continue-on-error", "timeout-minutes", "run", "shell",
                          "working-directory", "background"});
    }
  }

  Values& values_;
  StepNode step_;
  StepForm form_ = StepForm::kOpen;
};

}  // namespace

std::vector<StepNode> CheckSteps(const Node& node, Values& values) {
  std::vector<StepNode> steps;
  if (!values.Sequence("steps", node, Empty::kRefused)) return steps;
  for (const Node* item : node.items) StepSyntax(*item, values).Check(steps);
  return steps;
}

}  // namespace tuesday::workflow::lint
