// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "app/backup/tar_stream.h"

namespace tuesday::backup {
namespace {

// A source over a text, in pieces of at most `piece` bytes.
TarReader::Source From(const std::string& text, std::size_t piece) {
  return [&text, piece, at = std::size_t{0}](std::size_t bytes_max) mutable -> Result<std::string_view> {
    const std::string_view bytes = std::string_view(text).substr(at, std::min(bytes_max, piece));
    at += bytes.size();
    return bytes;
  };
}

struct Member {
  TarEntry entry;
  std::string content;
  friend bool operator==(const Member&, const Member&) = default;
};

std::string Write(const std::vector<Member>& members) {
  std::string tar;
  TarWriter writer([&tar](std::string_view bytes) -> Result<void> {
    tar += bytes;
    return {};
  });
  for (const Member& member : members) {
    EXPECT_TRUE(writer.Begin(member.entry));
    EXPECT_TRUE(member.content.empty() || writer.Bytes(member.content));
  }
  EXPECT_TRUE(writer.Finish());
  return tar;
}

Result<std::vector<Member>> Read(const std::string& tar, std::size_t piece = 1000) {
  TarReader reader(From(tar, piece));
  std::vector<Member> members;
  while (true) {
    TRY(const std::optional<TarEntry> entry, reader.Next());
    if (!entry) return members;
    members.push_back({*entry, ""});
    while (true) {
      TRY(const std::string_view bytes, reader.Bytes());
      if (bytes.empty()) break;
      members.back().content += bytes;
    }
  }
}

std::vector<Member> Sample() {
  const std::string long_name = "blobs/" + std::string(120, 'n') + "/" + std::string(90, 'm');
  return {{{TarKind::kFile, "a", 0600, 5, ""}, "hello"},
          {{TarKind::kFile, "empty", 0644, 0, ""}, ""},
          {{TarKind::kFolder, "blobs", 0555, 0, ""}, ""},
          {{TarKind::kFile, long_name, 0755, 1024, ""}, std::string(1024, 'x')},
          {{TarKind::kLink, "blobs/link", 0777, 0, std::string(150, 'l')}, ""}};
}

TEST(Tar, WhatWasWrittenReadsBackInPiecesOfAnySize) {
  const std::string tar = Write(Sample());
  for (const std::size_t piece : {1, 7, 512, 100'000}) {
    const auto read = Read(tar, piece);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, Sample()) << piece;
  }
}

TEST(Tar, ACutAnywhereIsRefused) {
  const std::string tar = Write(Sample());
  for (std::size_t length = 0; length < tar.size(); length += 101) {
    const auto read = Read(tar.substr(0, length));
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt) << length;
  }
  EXPECT_FALSE(Read(tar + "x"));
}

TEST(Tar, AChangedHeaderIsRefused) {
  const std::string tar = Write({{{TarKind::kFile, "a", 0600, 5, ""}, "hello"}});
  for (std::size_t at = 0; at < kTarBlockBytes; ++at) {
    std::string changed = tar;
    changed[at] = static_cast<char>(changed[at] ^ 0x04);
    EXPECT_FALSE(Read(changed)) << at;
  }
}

TEST(Tar, NamesThatLeadOutAreRefused) {
  for (const char* path : {"/etc/passwd", "../x", "blobs/../../x", "blobs//x", "./x", "blobs/."}) {
    EXPECT_FALSE(Read(Write({{{TarKind::kFile, path, 0600, 0, ""}, ""}}))) << path;
  }
}

}  // namespace
}  // namespace tuesday::backup
