// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/workflow/lint/syntax/syntax.h"

namespace tuesday::workflow::lint {
namespace {

// Reads one job; keeps the keys that only one of its two forms may have.
class JobSyntax {
 public:
  JobSyntax(const Entry& entry, Values& values) : values_(values) { job_.entry = entry; }

  std::optional<JobNode> Check() {
    const std::string what = fmt::format("the job \"{}\"", job_.entry.key->value);
    for (const Entry& each : values_.Mapping(what, *job_.entry.value, Empty::kRefused, Case::kExact)) {
      if (!CheckPlan(each) && !CheckWork(each) && !CheckCall(each)) {
        values_.Unexpected(
            each, "job",
            {"name",      "needs",    "runs-on", "permissions", "environment",     "concurrency", "outputs",
             "env",       "defaults", "if",      "steps",       "timeout-minutes", "strategy",    "continue-on-error",
             "container", "services", "uses",    "with",        "secrets",         "snapshot"});
      }
    }
    if (!job_.entry.value->IsMapping()) return std::nullopt;
    CheckForms();
    return std::move(job_);
  }

 private:
  // What both forms have.
  bool CheckPlan(const Entry& each) {
    const Node& value = *each.value;
    if (each.id == "name") {
      job_.name = values_.String(value, Empty::kAllowed);
    } else if (each.id == "needs") {
      job_.needs = values_.StringOrStrings("needs", value, Empty::kRefused, Empty::kRefused);
    } else if (each.id == "if") {
      job_.condition = values_.String(value, Empty::kRefused);
    } else if (each.id == "permissions") {
      job_.permissions = CheckPermissions(value, values_);
    } else if (each.id == "concurrency") {
      job_.concurrency = CheckConcurrency(each, values_);
    } else if (each.id == "strategy") {
      CheckStrategy(value, values_, job_);
    } else {
      return false;
    }
    return true;
  }

  bool CheckWork(const Entry& each) {
    const Node& value = *each.value;
    if (each.id == "runs-on") {
      has_runs_on_ = true;
      CheckRunsOn(value);
    } else if (each.id == "environment") {
      CheckEnvironment(each);
    } else if (each.id == "outputs") {
      for (const Entry& output : values_.Section("outputs", value, Empty::kRefused, Case::kIgnored)) {
        if (values_.String(*output.value, Empty::kAllowed) != nullptr) job_.outputs.entries.push_back(output);
      }
    } else if (each.id == "env") {
      job_.env = CheckEnv(value, values_);
    } else if (each.id == "defaults") {
      job_.defaults = CheckDefaults(value, values_);
    } else if (each.id == "steps") {
      has_steps_ = value.IsSequence();
      job_.steps = CheckSteps(value, values_);
    } else if (each.id == "timeout-minutes") {
      job_.timeout_minutes = values_.Float(value);
    } else if (each.id == "continue-on-error") {
      job_.continue_on_error = values_.Bool(value);
    } else if (each.id == "container") {
      job_.container = CheckContainer("container", each, values_);
    } else if (each.id == "services") {
      CheckServices(value, values_, job_);
    } else if (each.id == "snapshot") {
      CheckSnapshot(each);
    } else {
      return false;
    }
    work_key_ = each.key;
    return true;
  }

  bool CheckCall(const Entry& each) {
    const Node& value = *each.value;
    if (each.id == "uses") {
      has_uses_ = true;
      job_.uses = values_.String(value, Empty::kRefused);
      return true;
    }
    if (each.id == "with") {
      for (const Entry& input : values_.Section("with", value, Empty::kRefused, Case::kIgnored)) {
        if (values_.String(*input.value, Empty::kAllowed) != nullptr) job_.with.entries.push_back(input);
      }
    } else if (each.id == "secrets") {
      CheckSecrets(value);
    } else {
      return false;
    }
    call_key_ = each.key;
    return true;
  }

  void CheckSecrets(const Node& value) {
    if (value.IsScalar()) {
      job_.inherits_secrets = value.value == "inherit";
      if (!job_.inherits_secrets) {
        values_.Error(value, fmt::format("\"secrets\" is a mapping or the word \"inherit\", not \"{}\".", value.value));
      }
      return;
    }
    for (const Entry& secret : values_.Section("secrets", value, Empty::kRefused, Case::kIgnored)) {
      if (values_.String(*secret.value, Empty::kAllowed) != nullptr) job_.secrets.push_back(secret);
    }
  }

  void CheckRunsOn(const Node& value) {
    if (value.IsScalar() && IsOneExpression(value.value)) {
      job_.runs_on = &value;
    } else if (!value.IsMapping()) {
      job_.labels = values_.StringOrStrings("runs-on", value, Empty::kRefused, Empty::kRefused);
    } else {
      for (const Entry& each : values_.Section("runs-on", value, Empty::kRefused, Case::kExact)) {
        if (each.id == "group") {
          job_.group = values_.String(*each.value, Empty::kRefused);
        } else if (each.id != "labels") {
          values_.Unexpected(each, "runs-on", {"group", "labels"});
        } else if (each.value->IsScalar() && IsOneExpression(each.value->value)) {
          job_.runs_on = each.value;
        } else {
          job_.labels = values_.StringOrStrings("labels", *each.value, Empty::kRefused, Empty::kRefused);
        }
      }
    }
  }

  void CheckEnvironment(const Entry& entry) {
    if (entry.value->IsScalar()) {
      job_.environment_name = values_.String(*entry.value, Empty::kRefused);
      return;
    }
    bool named = false;
    for (const Entry& each : values_.Section("environment", *entry.value, Empty::kRefused, Case::kExact)) {
      if (each.id == "name") {
        named = true;
        job_.environment_name = values_.String(*each.value, Empty::kRefused);
      } else if (each.id == "url") {
        job_.environment_url = values_.String(*each.value, Empty::kRefused);
      } else if (each.id == "deployment") {
        values_.Bool(*each.value);
      } else {
        values_.Unexpected(each, "environment", {"name", "url", "deployment"});
      }
    }
    if (!named) values_.Error(*entry.key, "The section \"environment\" has no name.");
  }

  void CheckSnapshot(const Entry& entry) {
    if (entry.value->IsScalar()) {
      values_.String(*entry.value, Empty::kRefused);
      return;
    }
    bool named = false;
    for (const Entry& each : values_.Section("snapshot", *entry.value, Empty::kRefused, Case::kExact)) {
      if (each.id == "image-name") {
        named = true;
        values_.String(*each.value, Empty::kRefused);
      } else if (each.id == "version") {
        values_.String(*each.value, Empty::kRefused);
      } else if (each.id == "if") {
        job_.snapshot_condition = values_.String(*each.value, Empty::kRefused);
      } else {
        values_.Unexpected(each, "snapshot", {"if", "image-name", "version"});
      }
    }
    if (!named && entry.value->IsMapping()) values_.Error(*entry.key, "The section \"snapshot\" has no \"image-name\".");
  }

  // A job either has steps of its own or calls a workflow.
  void CheckForms() {
    const std::string& id = job_.entry.key->value;
    if (has_uses_) {
      if (work_key_ == nullptr) return;
      values_.Error(*work_key_, fmt::format("The job \"{}\" calls a reusable workflow with \"uses\"; it cannot have \"{}\".",
                                            id, work_key_->value));
      return;
    }
    if (!has_steps_) values_.Error(*job_.entry.key, fmt::format("The job \"{}\" has no \"steps\".", id));
    if (!has_runs_on_) values_.Error(*job_.entry.key, fmt::format("The job \"{}\" has no \"runs-on\".", id));
    if (call_key_ == nullptr) return;
    values_.Error(*call_key_, fmt::format("\"{}\" is for the call of a reusable workflow, and the job \"{}\" has no \"uses\".",
                                          call_key_->value, id));
  }

  Values& values_;
  JobNode job_;
  bool has_steps_ = false;
  bool has_runs_on_ = false;
  bool has_uses_ = false;
  const Node* work_key_ = nullptr;
  const Node* call_key_ = nullptr;
};

}  // namespace

std::optional<JobNode> CheckJob(const Entry& entry, Values& values) { return JobSyntax(entry, values).Check(); }

}  // namespace tuesday::workflow::lint
