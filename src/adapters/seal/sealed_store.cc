// SPDX-License-Identifier: Apache-2.0
#include "adapters/seal/sealed_store.h"

#include "wire/oidc/rows.h"
#include "wire/runs/list.h"
#include "wire/runs/runs.h"
#include "wire/state/keys.h"

namespace tuesday::seal {
namespace {

bool HoldsSecrets(std::string_view table, std::string_view key) {
  if (table == oidc::kKeyTable) return true;
  // Steps of runs write outputs, environments and masks, which may be secrets that nobody declared.
  if (table == state::kRevisionTable || table == runs::kRunTable || table == runs::kPendingTable) return true;
  return table == state::kObjectTable && key.contains("/Secret/");
}

std::string Place(std::string_view table, std::string_view key) { return std::string(table) + "\n" + std::string(key); }

}  // namespace

Result<void> SealedStore::Open(Row& row) const {
  if (!HoldsSecrets(row.table, row.key) || !Sealer::IsSealed(row.value)) return {};
  TRY(row.value, sealer_.Unseal(Place(row.table, row.key), row.value));
  return {};
}

Result<void> SealedStore::SealOldRows() {
  Transaction transaction;
  for (const std::string_view table : {state::kRevisionTable, state::kObjectTable, runs::kRunTable, runs::kPendingTable}) {
    TRY(const std::vector<Row> rows, store_.List(table, ""));
    for (const Row& row : rows) {
      if (HoldsSecrets(row.table, row.key) && !Sealer::IsSealed(row.value)) transaction.put.push_back(row);
    }
  }
  return transaction.put.empty() ? Result<void>() : Commit(transaction);
}

Result<void> SealedStore::Commit(const Transaction& transaction) {
  Transaction sealed = transaction;
  for (Row& row : sealed.put) {
    if (HoldsSecrets(row.table, row.key)) row.value = sealer_.Seal(Place(row.table, row.key), row.value);
  }
  return store_.Commit(sealed);
}

Result<std::optional<std::string>> SealedStore::Get(std::string_view table, std::string_view key) {
  TRY(std::optional<std::string> value, store_.Get(table, key));
  if (!value) return value;
  Row row{std::string(table), std::string(key), *std::move(value)};
  TRY_OK(Open(row));
  return std::optional(std::move(row.value));
}

Result<std::vector<Row>> SealedStore::List(std::string_view table, std::string_view key_prefix) {
  TRY(std::vector<Row> rows, store_.List(table, key_prefix));
  for (Row& row : rows) TRY_OK(Open(row));
  return rows;
}

}  // namespace tuesday::seal
