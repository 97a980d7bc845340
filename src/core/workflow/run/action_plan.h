// SPDX-License-Identifier: Apache-2.0
// What the steps of a job need to know of an action. An internal header of this folder.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/workflow/model.h"
#include "core/workflow/run/evaluate.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

enum class ActionKind { kNode, kNative, kComposite, kDocker };

// `main`, `pre` and `post` are scripts within the action's folder; empty: there is no such stage.
struct ActionPlan {
  ActionKind kind = ActionKind::kNode;
  std::string main;
  std::string pre;
  std::string post;
  std::optional<Token> pre_if;
  std::optional<Token> post_if;
  std::vector<std::pair<std::string, std::optional<Token>>> inputs;  // With what they are when nobody says.
  std::vector<std::pair<std::string, Token>> outputs;                // Of a composite action.
  std::vector<Step> steps;
  // Of an action in a container of its own; `main`, `pre` and `post` are its entrypoints then, and may be empty for main.
  std::string image;  // "docker://…", or the path of a Dockerfile in the action's folder.
  std::optional<Token> args;
  std::optional<Token> env;
};

// The action as it was loaded; the problem is a sentence that ends the step.
Evaluated<ActionPlan> PlanAction(const std::string& uses, const LoadedAction& loaded);

}  // namespace tuesday::workflow
