// SPDX-License-Identifier: Apache-2.0
#include "testing/contracts/store_contract.h"

#include "adapters/sqlite/sqlite_store.h"
#include "testing/fake_store.h"
#include "testing/temporary_folder.h"

namespace tuesday::testing {
namespace {

std::shared_ptr<Store> MakeFake() { return std::make_shared<FakeStore>(); }

std::shared_ptr<Store> MakeSqlite() {
  struct Both {
    TemporaryFolder folder;
    std::unique_ptr<sqlite::SqliteStore> store;
  };
  auto both = std::make_shared<Both>();
  both->store = sqlite::SqliteStore::Open(both->folder.path()).value();
  return {both, both->store.get()};
}

INSTANTIATE_TEST_SUITE_P(Fake, StoreContract, ::testing::Values(&MakeFake));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, ::testing::Values(&MakeSqlite));
INSTANTIATE_TEST_SUITE_P(Fake, JournalKeeping, ::testing::Values(&MakeFake));
INSTANTIATE_TEST_SUITE_P(Sqlite, JournalKeeping, ::testing::Values(&MakeSqlite));

}  // namespace
}  // namespace tuesday::testing
