// SPDX-License-Identifier: Apache-2.0
#include "app/services/store/staging.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::services {
namespace {

constexpr std::size_t kCopyBytes = 1 << 20;
constexpr std::size_t kRecordBytesMax = 64 << 10;
constexpr std::size_t kBlockNameBytesMax = 96;
constexpr std::string_view kBlocksName = "/blocks";

std::string HexOf(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

Result<void> WriteAll(int descriptor, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(files::SystemError("cannot write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Gives the file's bytes to `take`, piece by piece.
template <typename Take>
Result<void> ReadPieces(const std::string& path, const Take& take) {
  const files::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return std::unexpected(files::SystemError("cannot read", path, errno));
  std::string piece(kCopyBytes, '\0');
  while (true) {
    const ssize_t read = ::read(file.get(), piece.data(), piece.size());
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return std::unexpected(files::SystemError("cannot read", path, errno));
    if (read == 0) return {};
    TRY_OK(take(std::string_view(piece).substr(0, static_cast<std::size_t>(read))));
  }
}

Result<std::pair<std::uint64_t, std::string>> DigestOf(const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::uint64_t bytes = 0;
  TRY_OK(ReadPieces(path, [&](std::string_view piece) -> Result<void> {
    EVP_DigestUpdate(context.get(), piece.data(), piece.size());
    bytes += piece.size();
    return {};
  }));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  return std::pair(bytes, "sha256:" + HexOf({reinterpret_cast<const char*>(digest.data()), size}));
}

// Replaces what is at `path`.
Result<void> Store(const Piece& piece, const std::string& path) {
  if (piece.spooled == nullptr) return files::ReplaceFile(path, piece.bytes, 0600);
  const std::string temporary = path + ".part";
  ::unlink(temporary.c_str());
  TRY_OK(piece.spooled->Keep(temporary));
  if (::rename(temporary.c_str(), path.c_str()) == 0) return {};
  return std::unexpected(files::SystemError("cannot rename", temporary, errno));
}

std::unexpected<Error> NoUpload() { return Fail(ErrorCode::kNotFound, "There is no such upload."); }

}  // namespace

std::vector<std::int64_t> NumbersIn(const std::string& folder) {
  std::vector<std::int64_t> numbers;
  for (const std::string& name : files::NamesIn(folder)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size() && number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<Json> ReadRecord(const std::string& folder) {
  TRY(const std::string text, files::ReadFile(fmt::format("{}/{}", folder, kRecordName), kRecordBytesMax));
  return ParseJson(text);
}

Staging::Staging(std::string folder, const workflow::ServiceLimits& limits) : folder_(std::move(folder)), limits_(limits) {}

std::string Staging::FolderOf(std::int64_t id) const { return fmt::format("{}/{}", folder_, id); }

std::vector<std::int64_t> Staging::Ids() const { return NumbersIn(folder_); }

Result<Json> Staging::Record(std::int64_t id) const { return ReadRecord(FolderOf(id)); }

Result<std::int64_t> Staging::Begin(const Json& record, std::int64_t at_least) {
  TRY_OK(files::MakeFolders(folder_, 0700));
  const std::vector<std::int64_t> ids = Ids();
  std::int64_t id = std::max(at_least, ids.empty() ? 1 : ids.back() + 1);
  while (::mkdir(FolderOf(id).c_str(), 0700) != 0) {
    if (errno != EEXIST) return std::unexpected(files::SystemError("cannot make", FolderOf(id), errno));
    ++id;
  }
  TRY_OK(files::MakeFolders(FolderOf(id) + std::string(kBlocksName), 0700));
  TRY_OK(files::ReplaceFile(fmt::format("{}/{}", FolderOf(id), kRecordName), CanonicalJson(record), 0600));
  return id;
}

Result<void> Staging::Count(std::int64_t id, std::uint64_t bytes) {
  if (!files::Exists(FolderOf(id))) return NoUpload();
  if (bytes > limits_.piece_bytes_max)
    return Fail(ErrorCode::kLimit, fmt::format("One piece of an upload has at most {} bytes.", limits_.piece_bytes_max));
  std::uint64_t& taken = taken_[id];
  if (taken + bytes > limits_.upload_bytes_max)
    return Fail(ErrorCode::kLimit, fmt::format("The upload has more than {} bytes.", limits_.upload_bytes_max));
  taken += bytes;
  return {};
}

Result<void> Staging::PutWhole(std::int64_t id, const Piece& whole) {
  TRY_OK(Count(id, whole.size()));
  return Store(whole, fmt::format("{}/{}", FolderOf(id), kContentName));
}

Result<void> Staging::PutBlock(std::int64_t id, std::string_view block, const Piece& piece) {
  if (block.empty() || block.size() > kBlockNameBytesMax) return Fail(ErrorCode::kInvalid, "The block has no name.");
  TRY_OK(Count(id, piece.size()));
  const std::string blocks = FolderOf(id) + std::string(kBlocksName);
  if (files::NamesIn(blocks).size() >= limits_.pieces_max)
    return Fail(ErrorCode::kLimit, fmt::format("An upload has at most {} blocks.", limits_.pieces_max));
  return Store(piece, blocks + "/" + HexOf(block));
}

Result<void> Staging::Join(std::int64_t id, const std::vector<std::string>& paths) {
  const std::string path = fmt::format("{}/{}", FolderOf(id), kContentName);
  const std::string temporary = path + ".part";
  const files::Fd out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.is_open()) return std::unexpected(files::SystemError("cannot write", temporary, errno));
  std::uint64_t bytes = 0;
  for (const std::string& piece : paths) {
    // A list may name a block many times: what counts is what it makes.
    TRY_OK(ReadPieces(piece, [&](std::string_view read) -> Result<void> {
      bytes += read.size();
      if (bytes > limits_.upload_bytes_max)
        return Fail(ErrorCode::kLimit, fmt::format("The upload has more than {} bytes.", limits_.upload_bytes_max));
      return WriteAll(out.get(), temporary, read);
    }));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return std::unexpected(files::SystemError("cannot rename", path, errno));
  return files::RemoveTree(FolderOf(id) + std::string(kBlocksName));
}

Result<void> Staging::PutList(std::int64_t id, const std::vector<std::string>& blocks) {
  if (!files::Exists(FolderOf(id))) return NoUpload();
  if (blocks.size() > limits_.pieces_max)
    return Fail(ErrorCode::kLimit, fmt::format("An upload has at most {} blocks.", limits_.pieces_max));
  std::vector<std::string> paths;
  for (const std::string& block : blocks) {
    paths.push_back(fmt::format("{}{}/{}", FolderOf(id), kBlocksName, HexOf(block.substr(0, kBlockNameBytesMax))));
    if (!files::Exists(paths.back())) return Fail(ErrorCode::kInvalid, "The list names a block that was not put.");
  }
  return Join(id, paths);
}

Result<void> Staging::PutAll(std::int64_t id) {
  if (!files::Exists(FolderOf(id))) return NoUpload();
  const std::string folder = FolderOf(id) + std::string(kBlocksName);
  std::vector<std::string> paths;
  for (const std::string& name : files::NamesIn(folder)) paths.push_back(folder + "/" + name);
  return Join(id, paths);
}

Result<StagedContent> Staging::Seal(std::int64_t id) const {
  StagedContent content;
  content.path = fmt::format("{}/{}", FolderOf(id), kContentName);
  const files::Fd file(::open(content.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return Fail(ErrorCode::kConflict, "Nothing was uploaded yet.", "Put the content first.");
  if (::fsync(file.get()) != 0) return std::unexpected(files::SystemError("cannot sync", content.path, errno));
  TRY(const auto digest, DigestOf(content.path));
  content.bytes = digest.first;
  content.digest = digest.second;
  return content;
}

Result<void> Staging::MoveTo(std::int64_t id, const Json& record, const std::string& target) {
  const std::string folder = FolderOf(id);
  TRY_OK(files::RemoveTree(folder + std::string(kBlocksName)));
  TRY_OK(files::WriteFileDurably(fmt::format("{}/{}", folder, kRecordName), CanonicalJson(record), 0600));
  const std::string above = target.substr(0, target.rfind('/'));
  TRY_OK(files::MakeFolders(above, 0700));
  // A folder with something in it is never replaced: of two that come at once, the second one learns it here.
  if (::rename(folder.c_str(), target.c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY) return Fail(ErrorCode::kConflict, "It is there already.");
    return std::unexpected(files::SystemError("cannot rename", folder, errno));
  }
  taken_.erase(id);
  return files::SyncFolder(above);
}

void Staging::Drop(std::int64_t id) {
  static_cast<void>(files::RemoveTree(FolderOf(id)));
  taken_.erase(id);
}

}  // namespace tuesday::services
