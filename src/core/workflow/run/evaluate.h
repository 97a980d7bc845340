// SPDX-License-Identifier: Apache-2.0
// Gives tokens their values: what stood in a file with expressions becomes what the run goes on with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression/eval/evaluate.h"
#include "core/expression/problem.h"
#include "core/workflow/run/state.h"
#include "core/workflow/token.h"

namespace tuesday::workflow {

// What success(), failure() and cancelled() say where the expression stands.
struct StatusAnswers {
  bool success = true;
  bool failure = false;
  bool cancelled = false;
  const std::map<std::string, RunResult>* jobs = nullptr;  // Of success() and failure() that name jobs, by id in upper case.
};

// The contexts of one expression. hashFiles() reads from `hashes`; what is not there is remembered as wanted, and the
// evaluation ends with a problem that nobody shall see.
class Contexts : public expression::Host {
 public:
  void Set(std::string_view name, expression::Value value) { values_[std::string(name)] = std::move(value); }
  void SetStatus(StatusAnswers status) { status_ = status; }
  void SetHashes(const std::map<std::string, std::string>* hashes) { hashes_ = hashes; }

  // The patterns of a hashFiles() that was asked for and has no answer yet; empty when there is none.
  const std::vector<std::string>& wanted_hash() const { return wanted_hash_; }

  expression::Value NamedValue(std::string_view name) const override;
  expression::Outcome<expression::Value> Call(std::string_view name,
                                              const std::vector<expression::Value>& parameters) const override;

 private:
  expression::Outcome<expression::Value> HashFiles(const std::vector<expression::Value>& parameters) const;
  bool OfJobs(const std::vector<expression::Value>& ids, RunResult wanted, bool all) const;

  std::map<std::string, expression::Value, std::less<>> values_;
  StatusAnswers status_;
  const std::map<std::string, std::string>* hashes_ = nullptr;
  mutable std::vector<std::string> wanted_hash_;
};

// How the answers of hashFiles() are found again: one pattern a line.
std::string HashKey(const std::vector<std::string>& patterns);

// A sentence that begins with the place, "Line 3, column 5: …".
struct EvaluationProblem {
  std::string message;
};
template <typename T>
using Evaluated = std::expected<T, EvaluationProblem>;

Evaluated<expression::Value> EvaluateValue(const Token& token, const Contexts& contexts);

// The token without expressions, for what reads tokens (a strategy).
Evaluated<Token> EvaluateToken(const Token& token, const Contexts& contexts);

Evaluated<std::string> EvaluateText(const Token& token, const Contexts& contexts);

// Whether the condition holds. Its text is complete, as the reader makes it.
Evaluated<bool> EvaluateCondition(const Token& token, const Contexts& contexts);

// A mapping of texts, in its order; `${{ insert }}` and an expression in the place of the whole are taken apart.
Evaluated<Pairs> EvaluatePairs(const Token& token, const Contexts& contexts);

// What `contexts` lacks for a number or a truth is the value `otherwise`.
Evaluated<bool> EvaluateFlag(const std::optional<Token>& token, const Contexts& contexts, bool otherwise);
Evaluated<std::optional<Duration>> EvaluateMinutes(const std::optional<Token>& token, const Contexts& contexts);

expression::Value ObjectOf(const Pairs& pairs, expression::KeyCase key_case = expression::KeyCase::kIgnored);

}  // namespace tuesday::workflow
