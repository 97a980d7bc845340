// SPDX-License-Identifier: Apache-2.0
// Tokens for clouds: who may have one, what it says, and the word in the journal that stands there before it leaves. Loop
// thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/server/oidc/key_keeper.h"
#include "base/json.h"
#include "core/workflow/oidc/claims.h"
#include "wire/oidc/rows.h"
#include "wire/runs/list.h"

namespace tuesday::server {

inline constexpr std::size_t kGrantsMax = 50;  // Workflows of one repository.

// Who asks, as the run's own state says it.
struct TokenOrder {
  workflow::TokenFacts facts;
  std::string audience;
  Namespace ns;
  std::string run;
  std::string leg;
  std::vector<int> steps;  // That run now, by ordinal; usually one.
};

// A change of what a repository's tokens are.
struct TokenSettings {
  std::vector<std::string> grant;  // Workflow files, as people name them.
  std::vector<std::string> revoke;
  std::optional<std::vector<std::string>> subject_keys;  // Nothing: as they are. Empty: GitHub's default.
  std::string by;
  std::string reason;
};

class IdTokens {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  IdTokens(Store& store, control::Executor& executor, const Clock& clock);
  ~IdTokens();

  Result<void> Load();  // Blocks.
  void Start() { keys_.Start(); }

  // Empty: nobody gets a token.
  void SetIssuer(std::string issuer) { issuer_ = std::move(issuer); }
  const std::string& issuer() const { return issuer_; }
  KeyKeeper& keys() { return keys_; }

  // What the operator has said of a repository; nothing of one that only has the name of another.
  oidc::RepositoryTokens Of(const runs::RepositoryRecord& repository) const;
  void Set(const runs::RepositoryRecord& repository, const TokenSettings& settings, Done<oidc::RepositoryTokens> done);

  // Signs and writes down. Whether the job may ask has been decided by the caller.
  void Mint(const TokenOrder& order, Done<std::string> done);

 private:
  Result<oidc::RepositoryTokens> Changed(const runs::RepositoryRecord& repository, const TokenSettings& settings) const;

  Store& store_;
  control::Executor& executor_;
  const Clock& clock_;
  std::string issuer_;
  KeyKeeper keys_;
  std::map<std::string, oidc::RepositoryTokens> repositories_;
  std::set<std::string> changing_;  // Names: two changes at once would lose one.
  std::shared_ptr<IdTokens*> self_;
};

// Of no other repository, whatever its name: when it was made, in milliseconds.
std::string RepositoryIdOf(const runs::RepositoryRecord& repository);

}  // namespace tuesday::server
