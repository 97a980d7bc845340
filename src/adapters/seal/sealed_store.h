// SPDX-License-Identifier: Apache-2.0
// A store whose rows with a Secret's values are sealed on the disk: objects of kind Secret, and revisions, which hold
// environments. Everything else passes through. As many threads as the store behind it.
#pragma once

#include "adapters/seal/sealer.h"
#include "ports/store.h"

namespace tuesday::seal {

class SealedStore : public Store {
 public:
  SealedStore(Store& store, Sealer sealer) : store_(store), sealer_(std::move(sealer)) {}

  // Seals the rows that an older tuesday left in the clear.
  Result<void> SealOldRows();

  Result<void> Commit(const Transaction& transaction) override;
  Result<std::optional<std::string>> Get(std::string_view table, std::string_view key) override;
  Result<std::vector<Row>> List(std::string_view table, std::string_view key_prefix) override;
  Result<std::vector<OutboxRow>> Outbox() override { return store_.Outbox(); }
  Result<std::vector<StoredEntry>> Entries(const EntryFilter& filter) override { return store_.Entries(filter); }
  Result<void> VerifyJournal() override { return store_.VerifyJournal(); }

 private:
  Result<void> Open(Row& row) const;

  Store& store_;
  Sealer sealer_;
};

}  // namespace tuesday::seal
