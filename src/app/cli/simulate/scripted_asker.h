// SPDX-License-Identifier: Apache-2.0
// What the scenario says that addresses and jobs answer: a simulation asks nobody.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/analyses/asker.h"
#include "control/executor.h"

namespace tuesday::cli::simulate {

// By the metric's name, one answer a measurement; the last one stays. A job's answer is its exit code.
using Answers = std::map<std::string, std::vector<Json>>;

class ScriptedAsker : public control::Asker {
 public:
  // All must outlive it.
  ScriptedAsker(const Answers& answers, control::Executor& executor) : answers_(answers), executor_(executor) {}

  void Ask(const control::Asked& asked, Answer answer) override;
  void SetObjects(const std::vector<manifest::Object>&) override {}
  void Keep(const JobsTarget&) override {}

 private:
  Result<Json> Next(const analysis::Metric& metric);

  const Answers& answers_;
  control::Executor& executor_;
  std::map<std::string, std::size_t> given_;
};

}  // namespace tuesday::cli::simulate
