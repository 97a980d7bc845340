// SPDX-License-Identifier: Apache-2.0
// What is right by the grammar and goes wrong when it delivers: credentials that cannot be had, deployments over each other,
// waits that wait for nothing. These rules are tuesday's own.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/time.h"
#include "core/workflow/lint/rules/rules.h"
#include "core/workflow/lint/syntax/syntax.h"
#include "core/workflow/lint/types/type.h"

namespace tuesday::workflow::lint {
namespace {

bool UsesAction(const StepNode& step, std::string_view repository) {
  return step.uses != nullptr && step.uses->value.starts_with(repository) &&
         step.uses->value.substr(repository.size()).starts_with('@');
}

bool Contains(const Node* node, std::string_view text) {
  return node != nullptr && node->value.find(text) != std::string::npos;
}

bool MayMintTokens(const std::optional<PermissionsNode>& permissions) {
  if (!permissions.has_value()) return false;
  if (permissions->all != nullptr) return permissions->all->value == "write-all";
  const Entry* entry = FindEntry(permissions->scopes, "id-token");
  return entry != nullptr && entry->value->value == "write";
}

// Calls `visit` for every scalar that the workflow gives to a step or an environment variable.
void ForEachText(const WorkflowNode& workflow, const std::function<void(const Node&)>& visit) {
  const auto map = [&](const MapOrExpression& texts) {
    for (const Entry& entry : texts.entries) visit(*entry.value);
  };
  map(workflow.env);
  for (const JobNode& job : workflow.jobs) {
    map(job.env);
    for (const StepNode& step : job.steps) {
      map(step.env);
      map(step.with);
      if (step.run != nullptr) visit(*step.run);
    }
  }
}

void CheckOidc(const WorkflowNode& workflow, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    const bool may = MayMintTokens(job.permissions.has_value() ? job.permissions : workflow.permissions);
    if (may) continue;
    for (const StepNode& step : job.steps) {
      const Entry* role = FindEntry(step.with.entries, "role-to-assume");
      const bool static_keys = FindEntry(step.with.entries, "aws-access-key-id") != nullptr;
      if (role == nullptr || static_keys || !UsesAction(step, "aws-actions/configure-aws-credentials")) continue;
      report.Add(
          *role->key, "oidc-permission",
          fmt::format("\"role-to-assume\" needs a token of identity, and the job \"{}\" may not have one. Add `permissions: "
                      "{{id-token: write, contents: read}}`, or let the operator grant it.",
                      job.entry.key->value),
          Severity::kWarning);
    }
  }
}

void CheckCacheExport(const WorkflowNode& workflow, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    const auto sets_up = [](const StepNode& step) { return UsesAction(step, "docker/setup-buildx-action"); };
    if (std::ranges::any_of(job.steps, sets_up)) continue;
    for (const StepNode& step : job.steps) {
      const Entry* cache = FindEntry(step.with.entries, "cache-to");
      if (cache == nullptr || !UsesAction(step, "docker/build-push-action")) continue;
      report.Add(*cache->key, "cache-export",
                 "Docker's own driver refuses to export a cache, and no docker/setup-buildx-action stands before this step. It "
                 "works on "
                 "tuesday and not on GitHub.",
                 Severity::kNote);
    }
  }
}

bool Deploys(const StepNode& step) {
  return Contains(step.run, "helm upgrade") || Contains(step.run, "helm install") || Contains(step.run, "kubectl apply") ||
         Contains(step.run, "kubectl rollout");
}

void CheckOverlap(const WorkflowNode& workflow, Report& report) {
  if (workflow.has_concurrency) return;
  for (const JobNode& job : workflow.jobs) {
    if (job.environment_name == nullptr || !job.concurrency.empty()) continue;
    report.Add(*job.environment_name, "no-concurrency",
               fmt::format("Nothing keeps two runs from deploying to \"{}\" over each other. Add `concurrency: {{group: {}}}`.",
                           job.environment_name->value, job.environment_name->value),
               Severity::kWarning);
  }
}

void CheckClusterCredentials(const WorkflowNode& workflow, Report& report) {
  static constexpr std::string_view kLogins[] = {"azure/k8s-set-context", "azure/aks-set-context",
                                                 "google-github-actions/get-gke-credentials", "azure/setup-kubectl"};
  for (const JobNode& job : workflow.jobs) {
    const auto logs_in = [](const StepNode& step) {
      const bool action = std::ranges::any_of(kLogins, [&](std::string_view each) { return UsesAction(step, each); });
      const bool named = std::ranges::any_of(step.env.entries, [](const Entry& entry) { return entry.id == "kubeconfig"; });
      return action || named || Contains(step.run, "kubeconfig") || Contains(step.run, "KUBECONFIG") ||
             Contains(step.run, "--kube-");
    };
    const bool env =
        FindEntry(job.env.entries, "kubeconfig") != nullptr || FindEntry(workflow.env.entries, "kubeconfig") != nullptr;
    if (env || std::ranges::any_of(job.steps, logs_in)) continue;
    const auto deploys = std::ranges::find_if(job.steps, Deploys);
    if (deploys == job.steps.end()) continue;
    report.Add(
        *deploys->run, "no-cluster-credentials",
        fmt::format("The job \"{}\" deploys to a cluster and nothing gives it credentials. On one machine none are needed.",
                    job.entry.key->value),
        Severity::kNote);
  }
}

// The digits before `behind` or behind `before`.
std::string_view DigitsAt(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return text.substr(from, end - from);
}

void CheckAccountIn(const Node& node, Report& report) {
  constexpr std::size_t kAccountDigits = 12;
  const std::string_view text = node.value;
  std::string_view account;
  if (const std::size_t arn = text.find("arn:aws:iam::"); arn != std::string_view::npos) account = DigitsAt(text, arn + 13);
  if (const std::size_t host = text.find(".dkr.ecr."); host != std::string_view::npos) {
    std::size_t from = host;
    while (from > 0 && text[from - 1] >= '0' && text[from - 1] <= '9') --from;
    account = text.substr(from, host - from);
  }
  if (account.empty() || account.size() == kAccountDigits) return;
  report.Add(node, "aws-account",
             fmt::format("The account number {} has {} digits; those of AWS have {}.", account, account.size(), kAccountDigits),
             Severity::kNote);
}

// The timeout of a helm command, nothing when there is none or it cannot be read.
std::optional<int> HelmTimeoutSeconds(const std::string& script) {
  const std::size_t flag = script.find("--timeout");
  if (flag == std::string::npos) return std::nullopt;
  const std::size_t from = script.find_first_not_of(" =", flag + std::string_view("--timeout").size());
  if (from == std::string::npos) return std::nullopt;
  const std::size_t end = std::min(script.find_first_of(" \n\t\\", from), script.size());
  const Result<Duration> timeout = ParseGoDuration(std::string_view(script).substr(from, end - from));
  if (!timeout.has_value()) return std::nullopt;
  return static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(*timeout).count());
}

void CheckHelmWait(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  for (const JobNode& job : workflow.jobs) {
    for (const StepNode& step : job.steps) {
      if (!Contains(step.run, "helm ") || !Contains(step.run, "--wait")) continue;
      report.Add(
          *step.run, "helm-wait",
          "`helm --wait` knows nothing of Rollout objects: it returns at once, before any analysis. Wait for the verdict with "
          "`tuesday rollout status --watch`.",
          Severity::kWarning);
      const std::optional<int> timeout = HelmTimeoutSeconds(step.run->value);
      if (!timeout.has_value() || !options.pause_seconds.has_value() || *timeout >= *options.pause_seconds) continue;
      report.Add(
          *step.run, "helm-timeout",
          fmt::format("helm waits for {} at most, and the rollout alone pauses for {}.",
                      DurationText(std::chrono::seconds(*timeout)), DurationText(std::chrono::seconds(*options.pause_seconds))),
          Severity::kWarning);
    }
  }
}

void CheckTriggers(const WorkflowNode& workflow, Report& report) {
  const EventDefinition* push = workflow.FindEvent("push");
  if (push == nullptr || workflow.FindEvent("pull_request") != nullptr || workflow.FindEvent("merge_group") != nullptr) return;
  if (workflow.FindEvent("pull_request_target") != nullptr || workflow.FindEvent("workflow_call") != nullptr) return;
  const bool tests = std::ranges::any_of(workflow.jobs, [](const JobNode& job) {
    return std::ranges::any_of(job.steps,
                               [](const StepNode& step) { return Contains(step.run, "test") || Contains(step.run, "lint"); });
  });
  if (!tests) return;
  report.Add(*push->name, "no-pull-request",
             "The tests run when it is merged already: there is neither \"pull_request\" nor \"merge_group\".",
             Severity::kNote);
}

// Whether any text of the file reads `needs.<job>.outputs.<output>`.
bool IsRead(const WorkflowNode& workflow, const std::string& job, const std::string& output) {
  bool read = false;
  const std::string wanted = fmt::format("needs.{}.outputs.{}", job, output);
  const auto look = [&](const Node& node) {
    if (read) return;
    const std::string text = LowerCase(node.value);
    read = text.find(wanted) != std::string::npos || text.find("tojson(needs") != std::string::npos;
  };
  ForEachText(workflow, look);
  for (const JobNode& each : workflow.jobs) {
    for (const Node* node : {each.condition, each.name, each.runs_on, each.environment_name, each.environment_url}) {
      if (node != nullptr) look(*node);
    }
    for (const Entry& entry : each.with.entries) look(*entry.value);
    for (const Entry& entry : each.outputs.entries) look(*entry.value);
    for (const StepNode& step : each.steps) {
      if (step.condition != nullptr) look(*step.condition);
    }
    if (each.strategy_expression != nullptr || (each.matrix.has_value() && !each.matrix->row_expressions.empty())) read = true;
  }
  return read;
}

// Whether the step that gives the output writes a reference with a registry in it.
bool HoldsReference(const JobNode& job, const std::string& value) {
  return std::ranges::any_of(job.steps, [&](const StepNode& step) {
    if (step.id == nullptr || value.find("steps." + step.id->value + ".") == std::string::npos) return false;
    return Contains(step.run, "/${{") || Contains(step.run, "}}/") || Contains(step.run, ".dkr.ecr.");
  });
}

void CheckOutputs(const WorkflowNode& workflow, Report& report) {
  if (workflow.FindEvent("workflow_call") != nullptr) return;
  for (const JobNode& job : workflow.jobs) {
    for (const Entry& output : job.outputs.entries) {
      if (output.id.ends_with("tag") && HoldsReference(job, output.value->value)) {
        report.Add(*output.key, "output-name",
                   fmt::format("\"{}\" holds a whole reference with registry and name, not a tag.", output.key->value),
                   Severity::kNote);
      }
      if (IsRead(workflow, job.entry.id, output.id)) continue;
      report.Add(*output.key, "unread-output", fmt::format("No job reads the output \"{}\".", output.key->value),
                 Severity::kNote);
    }
  }
}

}  // namespace

void CheckDelivery(const WorkflowNode& workflow, const LintOptions& options, Report& report) {
  CheckOidc(workflow, report);
  CheckCacheExport(workflow, report);
  CheckOverlap(workflow, report);
  CheckClusterCredentials(workflow, report);
  ForEachText(workflow, [&](const Node& node) { CheckAccountIn(node, report); });
  CheckHelmWait(workflow, options, report);
  CheckTriggers(workflow, report);
  CheckOutputs(workflow, report);
}

}  // namespace tuesday::workflow::lint
