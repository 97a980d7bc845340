// SPDX-License-Identifier: Apache-2.0
// The keys that sign: made, kept sealed in the store, and let go, as core/workflow/oidc/key_ring.h decides. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/executor.h"
#include "core/workflow/oidc/key_ring.h"
#include "ports/clock.h"
#include "ports/store.h"

namespace tuesday::server {

inline constexpr Duration kKeysLookedAtEvery = std::chrono::hours(1);

class KeyKeeper {
 public:
  using Done = std::function<void(Result<void>)>;

  KeyKeeper(Store& store, control::Executor& executor, const Clock& clock);
  ~KeyKeeper();

  // Reads the keys. Blocks.
  Result<void> Load();

  // From now on keys come and go by themselves.
  void Start();

  // A change that somebody asks for, in the journal. Done when the keys are as they are then shown.
  void Rotate(workflow::Rotation rotation, const std::string& by, const std::string& reason, Done done);

  // All of them are public; by the begin of their signing.
  const std::vector<workflow::SigningKey>& keys() const { return keys_; }
  // Null when there is none yet.
  const workflow::SigningKey* Signer() const;

 private:
  void Look();
  void Follow(const workflow::KeyPlan& plan, const std::string& by, const std::string& reason, Done done);
  void Keep(const workflow::KeyPlan& plan, const std::vector<workflow::SigningKey>& made, const std::string& by,
            const std::string& reason, Done done);

  Store& store_;
  control::Executor& executor_;
  const Clock& clock_;
  std::vector<workflow::SigningKey> keys_;
  bool is_changing_ = false;
  std::shared_ptr<KeyKeeper*> self_;
};

}  // namespace tuesday::server
