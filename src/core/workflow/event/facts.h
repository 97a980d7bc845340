// SPDX-License-Identifier: Apache-2.0
// What happened to a repository, with all that a workflow may ask of it.
#pragma once

#include <string>

namespace tuesday::workflow {

// What `before` is of a ref that is new, and `after` of one that is gone.
inline constexpr const char* kNoCommit = "0000000000000000000000000000000000000000";

// A change that is not merged: what GitHub calls a pull request. Branches are without "refs/heads/".
struct ChangeFacts {
  int number = 0;
  std::string title;
  std::string head_branch;
  std::string head_sha;
  std::string base_branch;
  std::string base_sha;
};

// `ref` is complete ("refs/heads/main"). Of a change it is that of the merge which is tried, and `sha` that merge.
struct EventFacts {
  std::string event;     // "push", "pull_request", …
  std::string activity;  // "opened", of events that have such.
  std::string repository;
  std::string default_branch = "main";
  std::string actor;
  std::string ref;
  std::string sha;
  std::string before;   // Of a push.
  std::string message;  // Of the commit.
  std::string cron;     // Of a schedule.
  ChangeFacts change;   // Of pull_request and merge_group.
};

// The run that is told of it.
struct RunFacts {
  std::string id;
  int number = 0;  // Counts the runs of one workflow.
  int attempt = 1;
  std::string workflow;  // Its title.
  std::string file;      // ".github/workflows/ci.yaml"
};

// "main" of "refs/heads/main", "1/merge" of "refs/pull/1/merge"; anything else stays.
std::string ShortRef(const std::string& ref);

}  // namespace tuesday::workflow
