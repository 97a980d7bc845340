// SPDX-License-Identifier: Apache-2.0
#include "app/server/oidc/key_keeper.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "adapters/rsa/rsa_keys.h"
#include "wire/oidc/rows.h"

namespace tuesday::server {
namespace {

using workflow::KeyPlan;
using workflow::SigningKey;

constexpr const char* kLane = "oidc";
constexpr const char* kNobody = "tuesday";

audit::Entry EntryOf(const KeyPlan& plan, const std::vector<SigningKey>& made, const std::string& by,
                     const std::string& reason) {
  Json::Array gone;
  for (const std::string& id : plan.gone) gone.emplace_back(id);
  Json::Array come;
  for (const SigningKey& key : made) come.emplace_back(Json::Object{{"id", key.id}, {"signs_from", WallText(key.signs_from)}});
  return {.kind = "oidc.keys",
          .message = fmt::format("{} changed the keys of tokens: {} new, {} gone.", by, made.size(), plan.gone.size()),
          .data = {{"by", by}, {"reason", reason}, {"new", Json(std::move(come))}, {"gone", Json(std::move(gone))}}};
}

}  // namespace

KeyKeeper::KeyKeeper(Store& store, control::Executor& executor, const Clock& clock)
    : store_(store), executor_(executor), clock_(clock), self_(std::make_shared<KeyKeeper*>(this)) {}
KeyKeeper::~KeyKeeper() { *self_ = nullptr; }

Result<void> KeyKeeper::Load() {
  TRY(const std::vector<Row> rows, store_.List(oidc::kKeyTable, ""));
  for (const Row& row : rows) {
    TRY(SigningKey key, oidc::DecodeKey(row.value));
    keys_.push_back(std::move(key));
  }
  workflow::SortKeys(keys_);
  return {};
}

void KeyKeeper::Start() {
  Look();
  executor_.At(clock_.Now() + kKeysLookedAtEvery, [self = self_] {
    if (*self != nullptr) (*self)->Start();
  });
}

void KeyKeeper::Look() {
  const KeyPlan plan = workflow::PlanKeys(keys_, clock_.Wall());
  if (is_changing_ || plan == KeyPlan{}) return;
  Follow(plan, kNobody, "", [](const Result<void>& done) {
    if (!done.has_value()) spdlog::error("the keys of tokens are not changed: {}", ErrorText(done.error()));
  });
}

void KeyKeeper::Rotate(workflow::Rotation rotation, const std::string& by, const std::string& reason, Done done) {
  if (is_changing_) return done(Fail(ErrorCode::kConflict, "The keys are being changed.", "Try again in a second."));
  const KeyPlan plan = workflow::PlanRotation(keys_, clock_.Wall(), rotation);
  if (plan == KeyPlan{}) return done({});
  if (rotation == workflow::Rotation::kGraceful && keys_.size() >= workflow::kSigningKeysMax)
    return done(Fail(ErrorCode::kLimit, fmt::format("There are {} keys already.", workflow::kSigningKeysMax)));
  Follow(plan, by, reason, std::move(done));
}

void KeyKeeper::Follow(const KeyPlan& plan, const std::string& by, const std::string& reason, Done done) {
  is_changing_ = true;
  auto made = std::make_shared<Result<std::vector<SigningKey>>>(std::vector<SigningKey>());
  executor_.Run(
      kLane,
      [made, plan, now = clock_.Wall()] {
        if (!plan.next_from.has_value()) return;
        Result<SigningKey> key = rsa::MakeKey();
        if (!key.has_value()) {
          *made = std::unexpected(key.error());
          return;
        }
        key->made_at = now;
        key->signs_from = *plan.next_from;
        (*made)->push_back(*std::move(key));
      },
      [self = self_, made, plan, by, reason, done = std::move(done)] {
        if (*self == nullptr) return;
        if (made->has_value()) return (*self)->Keep(plan, **made, by, reason, done);
        (*self)->is_changing_ = false;
        done(std::unexpected(made->error()));
      });
}

// What is published is what is stored, and the other way round only from the moment at which it is stored.
void KeyKeeper::Keep(const KeyPlan& plan, const std::vector<SigningKey>& made, const std::string& by, const std::string& reason,
                     Done done) {
  Transaction transaction;
  for (const std::string& id : plan.gone) transaction.erase.emplace_back(std::string(oidc::kKeyTable), id);
  for (const SigningKey& key : made) transaction.put.push_back({std::string(oidc::kKeyTable), key.id, oidc::Encode(key)});
  transaction.entries.push_back({.at = clock_.Wall(),
                                 .object = {Namespace(), "OidcKeys", "keys"},
                                 .attempt = "",
                                 .entry = EntryOf(plan, made, by, reason)});
  auto stored = std::make_shared<Result<void>>();
  executor_.Run(
      "store", [this, transaction = std::move(transaction), stored] { *stored = store_.Commit(transaction); },
      [self = self_, stored, plan, made, done = std::move(done)] {
        if (*self == nullptr) return;
        KeyKeeper& keeper = **self;
        keeper.is_changing_ = false;
        if (stored->has_value()) {
          std::erase_if(keeper.keys_,
                        [&](const SigningKey& key) { return std::ranges::find(plan.gone, key.id) != plan.gone.end(); });
          keeper.keys_.insert(keeper.keys_.end(), made.begin(), made.end());
          workflow::SortKeys(keeper.keys_);
        }
        done(*stored);
      });
}

const SigningKey* KeyKeeper::Signer() const { return workflow::SignerAt(keys_, clock_.Wall()); }

}  // namespace tuesday::server
