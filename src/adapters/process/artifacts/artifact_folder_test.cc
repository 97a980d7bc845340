// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/artifacts/artifact_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "adapters/files/files.h"
#include "base/digest.h"
#include "base/json.h"
#include "testing/contracts/artifact_store_contract.h"
#include "testing/fake_blobs.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using ::testing::HasSubstr;

struct Member {
  std::string path;
  std::string content;
  char type = '0';
  std::string link;
  int mode = 0644;
};

std::string Tar(const std::vector<Member>& members) {
  std::string tar;
  for (const auto& member : members) {
    char block[512] = {};
    std::memcpy(block, member.path.data(), std::min<std::size_t>(member.path.size(), 100));
    std::snprintf(block + 100, 8, "%07o", static_cast<unsigned>(member.mode));
    std::snprintf(block + 124, 12, "%011o", static_cast<unsigned>(member.content.size()));
    block[156] = member.type;
    std::memcpy(block + 157, member.link.data(), std::min<std::size_t>(member.link.size(), 100));
    std::memcpy(block + 257, "ustar", 6);
    std::memset(block + 148, ' ', 8);
    unsigned sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    std::snprintf(block + 148, 8, "%06o", sum);
    tar.append(block, sizeof block);
    tar += member.content;
    tar.append((512 - member.content.size() % 512) % 512, '\0');
  }
  return tar + std::string(1024, '\0');
}

void WriteGzip(const std::string& path, const std::string& bytes) {
  const gzFile file = ::gzopen(path.c_str(), "wb1");
  ASSERT_EQ(::gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
  ::gzclose(file);
}

class Artifacts : public ::testing::Test {
 protected:
  Result<std::string> TakeTar(const std::vector<Member>& members) {
    WriteGzip(folder_.path("a.tar.gz"), Tar(members));
    return store_.TakeIn("file:" + folder_.path("a.tar.gz"));
  }
  std::string Content(const std::string& digest, const std::string& file) {
    return files::ReadFile(store_.PathOf(digest).value() + "/" + file).value_or("(none)");
  }

  TemporaryFolder folder_;
  ArtifactFolder store_{folder_.path("blobs"), {.bytes_max = 1 << 20, .entries_max = 100}};
};

TEST_F(Artifacts, FolderAndArchiveOfTheSameFilesHaveOneDigest) {
  ASSERT_TRUE(files::MakeFolders(folder_.path("src/bin")).has_value());
  ASSERT_TRUE(files::ReplaceFile(folder_.path("src/bin/run"), "go", 0755).has_value());
  ASSERT_TRUE(files::ReplaceFile(folder_.path("src/text"), "text", 0600).has_value());
  const auto from_folder = store_.TakeIn("dir:" + folder_.path("src") + "/");
  ASSERT_TRUE(from_folder.has_value()) << ErrorText(from_folder.error());
  const auto from_archive = TakeTar({{"./bin/", "", '5', "", 0700}, {"./bin/run", "go", '0', "", 0755}, {"text", "text"}});
  ASSERT_TRUE(from_archive.has_value()) << ErrorText(from_archive.error());
  EXPECT_EQ(*from_folder, *from_archive);
  struct stat facts{};
  ASSERT_EQ(::stat((store_.PathOf(*from_folder).value() + "/bin/run").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0555u);
}

TEST_F(Artifacts, ChangedFolderIsAnotherArtifactAndTheFirstStays) {
  ASSERT_TRUE(files::MakeFolders(folder_.path("src")).has_value());
  ASSERT_TRUE(files::ReplaceFile(folder_.path("src/run"), "one", 0755).has_value());
  const auto first = store_.TakeIn("dir:" + folder_.path("src"));
  ASSERT_TRUE(files::ReplaceFile(folder_.path("src/run"), "two", 0755).has_value());
  const auto second = store_.TakeIn("dir:" + folder_.path("src"));
  EXPECT_NE(*first, *second);
  EXPECT_EQ(Content(*first, "run"), "one");
}

TEST_F(Artifacts, HostileArchivesAreRefusedByNameAndLeaveNothing) {
  struct Row {
    std::string name;
    std::vector<Member> members;
    ErrorCode code;
    std::string text;
  };
  for (const auto& [name, members, code, text] : std::vector<Row>{
           {"dot-dot", {{"../escaped", "x"}}, ErrorCode::kInvalid, "leads out"},
           {"absolute", {{"/tmp/escaped", "x"}}, ErrorCode::kInvalid, "leads out"},
           {"link-out", {{"l", "", '2', "../../etc"}}, ErrorCode::kInvalid, "link that leaves"},
           {"absolute-link", {{"l", "", '2', "/etc"}}, ErrorCode::kInvalid, "link that leaves"},
           {"through-link", {{"d/", "", '5'}, {"l", "", '2', "d"}, {"l/x", "x"}}, ErrorCode::kInvalid, "is a link"},
           {"hard-link-out", {{"h", "", '1', "../x"}}, ErrorCode::kInvalid, "hard link"},
           {"device", {{"null", "", '3'}}, ErrorCode::kInvalid, "device"},
           {"pipe", {{"fifo", "", '6'}}, ErrorCode::kInvalid, "pipe"},
           {"twice", {{"a", "1"}, {"a", "2"}}, ErrorCode::kInvalid, "twice"},
           {"bytes", {{"a", std::string((1 << 20) + 1, 'x')}}, ErrorCode::kLimit, "bytes"},
           {"entries", std::vector<Member>(101, Member{"d/", "", '5', "", 0755}), ErrorCode::kLimit, "entries"},
           {"empty", {}, ErrorCode::kCorrupt, "nothing"},
       }) {
    const auto taken = TakeTar(members);
    ASSERT_FALSE(taken.has_value()) << name;
    EXPECT_EQ(taken.error().code, code) << name << ": " << ErrorText(taken.error());
    EXPECT_THAT(ErrorText(taken.error()), HasSubstr(text)) << name;
  }
  EXPECT_FALSE(files::Exists(folder_.path("escaped")));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path("blobs/artifacts")));
}

TEST_F(Artifacts, DamagedArchiveIsSaidToBe) {
  const std::string tar = Tar({{"a", std::string(5000, 'x')}});
  std::string flipped = tar;
  flipped[3] ^= 1;
  for (const auto& bytes : {tar.substr(0, 3000), tar.substr(0, 100), flipped}) {
    WriteGzip(folder_.path("a.tar.gz"), bytes);
    const auto taken = store_.TakeIn("file:" + folder_.path("a.tar.gz"));
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(Artifacts, ArchiveMustHaveTheDigestThatItIsAskedFor) {
  WriteGzip(folder_.path("a.tar.gz"), Tar({{"run", "go", '0', "", 0755}, {"again", "", '1', "run"}, {"l", "", '2', "run"}}));
  const std::string digest = Sha256Hex(files::ReadFile(folder_.path("a.tar.gz")).value());
  const auto taken = store_.TakeIn("file:" + folder_.path("a.tar.gz") + "@sha256:" + digest);
  ASSERT_TRUE(taken.has_value()) << ErrorText(taken.error());
  EXPECT_EQ(Content(*taken, "again"), "go");
  EXPECT_EQ(store_.TakeIn("file:" + folder_.path("a.tar.gz") + "@sha256:" + std::string(64, '0')).error().code,
            ErrorCode::kConflict);
}

TEST_F(Artifacts, LongNamesOfBothKindsAreRead) {
  const std::string name = std::string(90, 'n') + "/" + std::string(90, 'm');
  const std::string record = " path=" + name + "-pax\n";
  const std::string pax = std::to_string(record.size() + 3) + record;
  const auto taken = TakeTar({{"././@LongLink", name + '\0', 'L'}, {"cut", "gnu"}, {"x", pax, 'x'}, {"cut", "pax"}});
  ASSERT_TRUE(taken.has_value()) << ErrorText(taken.error());
  EXPECT_EQ(Content(*taken, name), "gnu");
  EXPECT_EQ(Content(*taken, name + "-pax"), "pax");
}

TEST_F(Artifacts, LayersOfAnOciLayoutAreAppliedInOrderWithWhiteouts) {
  const std::string blobs = folder_.path("image/blobs/sha256");
  ASSERT_TRUE(files::MakeFolders(blobs).has_value());
  const auto put = [&](const std::string& bytes) {
    EXPECT_TRUE(files::ReplaceFile(blobs + "/" + Sha256Hex(bytes), bytes).has_value());
    return Json::Object{{"digest", "sha256:" + Sha256Hex(bytes)}};
  };
  const Json below = put(Tar({{"a", "1"}, {"b", "1"}, {"d/x", "1"}, {"l", "", '2', "/etc"}}));
  const Json above = put(Tar({{".wh.a", ""}, {"b", "2"}, {"d/.wh..wh..opq", ""}, {"d/y", "2"}}));
  const Json manifest = put(CanonicalJson(Json::Object{{"layers", Json::Array{below, above}}}));
  ASSERT_TRUE(
      files::ReplaceFile(folder_.path("image/index.json"), CanonicalJson(Json::Object{{"manifests", Json::Array{manifest}}}))
          .has_value());
  const auto taken = store_.TakeIn("oci:" + folder_.path("image"));
  ASSERT_TRUE(taken.has_value()) << ErrorText(taken.error());
  EXPECT_EQ(Content(*taken, "a"), "(none)");
  EXPECT_EQ(Content(*taken, "b"), "2");
  EXPECT_EQ(Content(*taken, "d/x"), "(none)");
  EXPECT_EQ(Content(*taken, "d/y"), "2");
  const std::string blob = below.At("digest").StringOr("").substr(7);
  ASSERT_TRUE(files::ReplaceFile(blobs + "/" + blob, "other").has_value());
  EXPECT_EQ(store_.TakeIn("oci:" + folder_.path("image")).error().code, ErrorCode::kCorrupt);
}

// The harness of the contract: a source with content `n`.
class FolderHarness {
 public:
  ArtifactStore& store() { return store_; }
  std::string Source(int content) {
    EXPECT_TRUE(files::MakeFolders(folder_.path("src")).has_value());
    EXPECT_TRUE(files::ReplaceFile(folder_.path("src/run"), std::to_string(content), 0755).has_value());
    return "dir:" + folder_.path("src");
  }

 private:
  TemporaryFolder folder_;
  ArtifactFolder store_{folder_.path("blobs")};
};

class FakeHarness {
 public:
  ArtifactStore& store() { return store_; }
  std::string Source(int content) {
    store_.SetContent("dir:/src", content);
    return "dir:/src";
  }

 private:
  tuesday::testing::FakeArtifacts store_;
};

}  // namespace
}  // namespace tuesday::process

namespace tuesday::testing {
using ArtifactHarnesses = ::testing::Types<process::FolderHarness, process::FakeHarness>;
INSTANTIATE_TYPED_TEST_SUITE_P(Adapters, ArtifactStoreContract, ArtifactHarnesses);
}  // namespace tuesday::testing
