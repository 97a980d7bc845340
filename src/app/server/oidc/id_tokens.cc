// SPDX-License-Identifier: Apache-2.0
#include "app/server/oidc/id_tokens.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "adapters/rsa/rsa_keys.h"
#include "core/workflow/oidc/permission.h"
#include "core/workflow/oidc/token.h"

namespace tuesday::server {
namespace {

using oidc::RepositoryTokens;
using runs::RepositoryRecord;
using workflow::SigningKey;

Json TextsJson(const std::vector<std::string>& texts) {
  Json::Array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return Json(std::move(list));
}

Result<std::string> FileOf(const std::string& given) {
  std::string file = workflow::GrantedFile(given);
  if (!file.empty()) return file;
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no file of .github/workflows.", given),
              "A grant is for one workflow: --grant id-token=deploy.yaml.");
}

audit::Entry MintEntry(const TokenOrder& order, const std::string& issuer, const std::string& id, const std::string& key,
                       const Json::Object& claims) {
  Json::Array steps;
  for (const int step : order.steps) steps.emplace_back(step);
  return {.kind = "oidc.token",
          .message = fmt::format("The job {} of run {} got a token for {}.", order.leg, order.run, order.audience),
          .data = {{"run", order.run},
                   {"job", order.leg},
                   {"steps", Json(std::move(steps))},
                   {"issuer", issuer},
                   {"audience", order.audience},
                   {"sub", claims.at("sub")},
                   {"jti", id},
                   {"key", key}}};
}

}  // namespace

std::string RepositoryIdOf(const RepositoryRecord& repository) {
  return std::to_string(repository.created_at.time_since_epoch().count());
}

IdTokens::IdTokens(Store& store, control::Executor& executor, const Clock& clock)
    : store_(store),
      executor_(executor),
      clock_(clock),
      keys_(store, executor, clock),
      self_(std::make_shared<IdTokens*>(this)) {}
IdTokens::~IdTokens() { *self_ = nullptr; }

Result<void> IdTokens::Load() {
  TRY_OK(keys_.Load());
  TRY(const std::vector<Row> rows, store_.List(oidc::kRepositoryTable, ""));
  for (const Row& row : rows) {
    TRY(repositories_[row.key], oidc::DecodeRepositoryTokens(row.value));
  }
  return {};
}

RepositoryTokens IdTokens::Of(const RepositoryRecord& repository) const {
  const std::string id = RepositoryIdOf(repository);
  const auto found = repositories_.find(repository.name);
  if (found != repositories_.end() && found->second.repository_id == id) return found->second;
  return {.repository_id = id, .workflows = {}, .subject_keys = {}};
}

Result<RepositoryTokens> IdTokens::Changed(const RepositoryRecord& repository, const TokenSettings& settings) const {
  RepositoryTokens tokens = Of(repository);
  for (const std::string& given : settings.revoke) {
    TRY(const std::string file, FileOf(given));
    if (std::erase(tokens.workflows, file) == 0)
      return Fail(ErrorCode::kNotFound, fmt::format("{} was not granted to {}.", file, repository.name));
  }
  for (const std::string& given : settings.grant) {
    TRY(const std::string file, FileOf(given));
    if (std::ranges::find(tokens.workflows, file) == tokens.workflows.end()) tokens.workflows.push_back(file);
  }
  std::ranges::sort(tokens.workflows);
  if (tokens.workflows.size() > kGrantsMax)
    return Fail(ErrorCode::kLimit, fmt::format("A repository has {} granted workflows at most.", kGrantsMax));
  if (settings.subject_keys.has_value()) {
    TRY_OK(workflow::CheckSubjectKeys(*settings.subject_keys));
    tokens.subject_keys = *settings.subject_keys;
  }
  return tokens;
}

void IdTokens::Set(const RepositoryRecord& repository, const TokenSettings& settings, Done<RepositoryTokens> done) {
  const Result<RepositoryTokens> changed = Changed(repository, settings);
  if (!changed.has_value()) return done(std::unexpected(changed.error()));
  if (!changing_.insert(repository.name).second)
    return done(Fail(ErrorCode::kConflict, "Somebody else changes it.", "Try again in a second."));
  Transaction transaction;
  transaction.put.push_back({std::string(oidc::kRepositoryTable), repository.name, oidc::Encode(*changed)});
  transaction.entries.push_back(
      {.at = clock_.Wall(),
       .object = {Namespace(repository.ns), "Repository", repository.name},
       .attempt = "",
       .entry = {.kind = "repository.tokens",
                 .message = fmt::format("{} said who of {} may have tokens: {}.", settings.by, repository.name,
                                        changed->workflows.empty() ? "those whose file asks"
                                                                   : fmt::format("those whose file asks, and {}",
                                                                                 fmt::join(changed->workflows, ", "))),
                 .data = {{"by", settings.by},
                          {"reason", settings.reason},
                          {"workflows", TextsJson(changed->workflows)},
                          {"subject", TextsJson(changed->subject_keys)}}}});
  auto stored = std::make_shared<Result<void>>();
  executor_.Run(
      "store", [this, transaction = std::move(transaction), stored] { *stored = store_.Commit(transaction); },
      [self = self_, name = repository.name, tokens = *changed, stored, done = std::move(done)] {
        if (*self == nullptr) return;
        (*self)->changing_.erase(name);
        if (!stored->has_value()) return done(std::unexpected(stored->error()));
        (*self)->repositories_[name] = tokens;
        done(tokens);
      });
}

void IdTokens::Mint(const TokenOrder& order, Done<std::string> done) {
  const Result<void> audience = workflow::CheckAudience(order.audience);
  if (!audience.has_value()) return done(std::unexpected(audience.error()));
  const SigningKey* key = keys_.Signer();
  if (key == nullptr)
    return done(Fail(ErrorCode::kUnavailable, "There is no key yet that could sign a token.", "Try again in a second."));
  const Result<std::string> id = rsa::MakeTokenId();
  if (!id.has_value()) return done(std::unexpected(id.error()));
  Json::Object claims = workflow::ClaimsOf(order.facts);
  if (claims.at("sub").StringOr("").size() > workflow::kSubjectBytesMax)
    return done(Fail(ErrorCode::kLimit, fmt::format("The subject has more than {} bytes.", workflow::kSubjectBytesMax)));
  Transaction transaction;
  transaction.entries.push_back({.at = clock_.Wall(),
                                 .object = {order.ns, "WorkflowRun", order.run},
                                 .attempt = "",
                                 .entry = MintEntry(order, issuer_, *id, key->id, claims)});
  claims =
      workflow::Complete(std::move(claims), {.issuer = issuer_, .audience = order.audience, .id = *id, .at = clock_.Wall()});
  auto token = std::make_shared<Result<std::string>>();
  // Signed before it is written down, so that what is written down has left, or could have.
  executor_.Run(
      "store",
      [this, token, transaction = std::move(transaction), pem = key->private_pem,
       text = workflow::SigningText(key->id, claims)] {
        *token = [&]() -> Result<std::string> {
          TRY(const std::string signature, rsa::Sign(pem, text));
          TRY_OK(store_.Commit(transaction));
          return workflow::Assemble(text, signature);
        }();
      },
      [self = self_, token, done = std::move(done)] {
        if (*self != nullptr) done(std::move(*token));
      });
}

}  // namespace tuesday::server
