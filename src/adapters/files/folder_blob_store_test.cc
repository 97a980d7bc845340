// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/folder_blob_store.h"

#include <gtest/gtest.h>

#include "adapters/files/files.h"
#include "testing/contracts/blob_store_contract.h"
#include "testing/fake_blobs.h"
#include "testing/temporary_folder.h"

namespace tuesday::files {
namespace {

TEST(FolderBlobStore, DamagedBlobIsNotHandedOutAndMendedByStoringItAgain) {
  const TemporaryFolder folder;
  FolderBlobStore store(folder.path());
  const std::string digest = store.Put("bytes").value();
  ASSERT_TRUE(ReplaceFile(folder.path("sha256/" + digest.substr(0, 2) + "/" + digest), "bytez").has_value());
  EXPECT_EQ(store.Get(digest).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store.Put("bytes").value(), digest);
  EXPECT_EQ(FolderBlobStore(folder.path()).Get(digest).value(), "bytes");
}

class FolderHarness {
 public:
  BlobStore& store() { return store_; }

 private:
  TemporaryFolder folder_;
  FolderBlobStore store_{folder_.path("blobs")};
};

class FakeHarness {
 public:
  BlobStore& store() { return store_; }

 private:
  tuesday::testing::FakeBlobs store_;
};

}  // namespace
}  // namespace tuesday::files

namespace tuesday::testing {
using BlobHarnesses = ::testing::Types<files::FolderHarness, files::FakeHarness>;
INSTANTIATE_TYPED_TEST_SUITE_P(Adapters, BlobStoreContract, BlobHarnesses);
}  // namespace tuesday::testing
