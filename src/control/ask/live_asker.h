// SPDX-License-Identifier: Apache-2.0
// Asks addresses and runs jobs for analyses. Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "control/analyses/asker.h"
#include "control/apply/typed.h"
#include "control/executor.h"
#include "core/analysis/ask/question.h"
#include "core/analysis/ask/secrets.h"
#include "ports/clock.h"
#include "ports/jobs.h"
#include "ports/web.h"

namespace tuesday::control {

struct AskerParts {
  const Clock& clock;
  Executor& executor;
  Web& web;
  Jobs& jobs;
  std::function<WallTime(Instant)> wall;
};

// Lanes of requests: the executor behind them has threads of their own for these, because each may take its whole timeout.
inline constexpr std::string_view kAskLanePrefix = "ask ";
// Added to a request's own time: until it has a thread.
inline constexpr Duration kAskPatience = std::chrono::seconds(30);
inline constexpr Duration kJobsPeriod = std::chrono::milliseconds(250);

class LiveAsker : public Asker {
 public:
  explicit LiveAsker(AskerParts parts) : parts_(std::move(parts)), self_(std::make_shared<LiveAsker*>(this)) {}
  ~LiveAsker() override { *self_ = nullptr; }

  void Ask(const Asked& asked, Answer answer) override;
  void SetObjects(const std::vector<manifest::Object>& objects) override;
  void Keep(const JobsTarget& target) override;

 private:
  struct Waiting {
    Answer answer;
    analysis::SecretFiller secrets;
  };

  void AskAddress(const Asked& asked, analysis::Question question, Answer answer);
  void AskJob(const Asked& asked, const analysis::JobQuestion& question, Answer answer);
  Result<JobSpec> SpecOf(const Asked& asked, const analysis::JobQuestion& question, analysis::SecretFiller& secrets) const;
  analysis::SecretLookup LookupIn(const Namespace& ns) const;
  void AnswerLater(Answer answer, Error error);
  void LookAtJobs();
  void TakeJobs(const std::vector<JobState>& states);

  AskerParts parts_;
  TypedObjects objects_;
  std::map<JobId, Waiting> waiting_;
  bool is_looking_ = false;
  std::optional<JobsTarget> kept_;
  std::shared_ptr<LiveAsker*> self_;  // Callbacks that come after our end find null.
};

}  // namespace tuesday::control
