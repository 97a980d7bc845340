// SPDX-License-Identifier: Apache-2.0
#include "adapters/seal/sealer.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "adapters/files/files.h"
#include "testing/temporary_folder.h"

namespace tuesday::seal {
namespace {

Sealer Make(const TemporaryFolder& folder, const std::string& name = "secret.key") {
  auto sealer = Sealer::OpenOrMake(folder.path() + "/" + name);
  EXPECT_TRUE(sealer) << sealer.error().message;
  return *sealer;
}

TEST(Sealer, OpensWhatItSealedAndShowsNothingOfIt) {
  const TemporaryFolder folder;
  const Sealer sealer = Make(folder);
  for (const std::string& value : {std::string(), std::string("hunter2"), std::string(100'000, 'x'), std::string("a\0b", 3)}) {
    const std::string sealed = sealer.Seal("here", value);
    EXPECT_TRUE(Sealer::IsSealed(sealed));
    EXPECT_TRUE(value.empty() || sealed.find(value) == std::string::npos);
    EXPECT_EQ(sealer.Unseal("here", sealed).value_or("wrong"), value);
  }
  EXPECT_NE(sealer.Seal("here", "hunter2"), sealer.Seal("here", "hunter2"));
}

TEST(Sealer, AChangeAnotherPlaceOrAnotherKeyIsCorrupt) {
  const TemporaryFolder folder;
  const Sealer sealer = Make(folder);
  const std::string sealed = sealer.Seal("here", "hunter2");
  std::string changed = sealed;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_EQ(sealer.Unseal("here", changed).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(sealer.Unseal("there", sealed).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(Make(folder, "other.key").Unseal("here", sealed).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(sealer.Unseal("here", sealed.substr(0, 20)).error().code, ErrorCode::kCorrupt);
}

TEST(Sealer, TheKeyStaysAndOnlyItsOwnerReadsIt) {
  const TemporaryFolder folder;
  const std::string sealed = Make(folder).Seal("here", "hunter2");
  EXPECT_EQ(Make(folder).Unseal("here", sealed).value_or(""), "hunter2");
  struct stat facts{};
  ASSERT_EQ(::stat((folder.path() + "/secret.key").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST(Sealer, WhatIsNoKeyIsRefusedAndNotReplaced) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/secret.key";
  ASSERT_TRUE(files::WriteFileDurably(path, "abc\n"));
  EXPECT_EQ(Sealer::OpenOrMake(path).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(files::ReadFile(path).value_or(""), "abc\n");
}

}  // namespace
}  // namespace tuesday::seal
