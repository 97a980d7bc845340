// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/zip/zip_error.h"
#include "adapters/zip/zip_file.h"

namespace tuesday::zip {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

struct CloseMember {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

// Whether a name stays within the folder that it is put below.
bool IsBelow(std::string_view name) {
  if (name.empty() || name.front() == '/') return false;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    if (name.substr(0, end) == "..") return false;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return true;
}

bool IsLink(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0) return false;
  return system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16);
}

Result<std::string> NameOf(zip_t* archive, zip_uint64_t index) {
  const char* name = zip_get_name(archive, index, ZIP_FL_ENC_RAW);
  if (name == nullptr) return std::unexpected(ZipError("A name in the zip cannot be read", zip_get_error(archive)));
  return std::string(name);
}

// Everything that the zip says about itself, before anything is written.
Result<void> CheckMembers(zip_t* archive, zip_uint64_t count, const UnpackLimits& limits) {
  if (count > limits.members_max)
    return Fail(ErrorCode::kLimit, fmt::format("The zip has {} members; {} are taken.", count, limits.members_max));
  std::uint64_t bytes = 0;
  for (zip_uint64_t i = 0; i < count; ++i) {
    TRY(const std::string name, NameOf(archive, i));
    if (!IsBelow(name)) return Fail(ErrorCode::kDenied, fmt::format("The zip has '{}', which leads out of the folder.", name));
    if (IsLink(archive, i)) return Fail(ErrorCode::kDenied, fmt::format("The zip has '{}', which is a link.", name));
    zip_stat_t facts;
    zip_stat_init(&facts);
    if (zip_stat_index(archive, i, 0, &facts) != 0)
      return std::unexpected(ZipError(fmt::format("'{}' cannot be read", name), zip_get_error(archive)));
    if ((facts.valid & ZIP_STAT_SIZE) == 0 || facts.size > limits.bytes_max - bytes)
      return Fail(ErrorCode::kLimit, fmt::format("'{}' makes the zip larger than {} bytes unpacked.", name, limits.bytes_max));
    bytes += facts.size;
  }
  return {};
}

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return std::unexpected(files::SystemError("cannot write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

class Unpacker {
 public:
  Unpacker(zip_t* archive, std::string folder, const UnpackLimits& limits)
      : archive_(archive), folder_(std::move(folder)), limits_(limits) {}

  Result<void> Take(zip_uint64_t index) {
    TRY(const std::string name, NameOf(archive_, index));
    const std::string path = folder_ + "/" + name;
    if (name.ends_with('/')) return files::MakeFolders(path.substr(0, path.size() - 1));
    TRY_OK(files::MakeFolders(path.substr(0, path.rfind('/'))));
    const std::unique_ptr<zip_file_t, CloseMember> member(zip_fopen_index(archive_, index, 0));
    if (member == nullptr) return std::unexpected(ZipError(fmt::format("'{}' cannot be read", name), zip_get_error(archive_)));
    const files::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd.is_open()) return std::unexpected(files::SystemError("cannot write", path, errno));
    zip_int64_t got = 0;
    while ((got = zip_fread(member.get(), buffer_.data(), buffer_.size())) > 0) {
      unpacked_.bytes += static_cast<std::uint64_t>(got);
      if (unpacked_.bytes > limits_.bytes_max) {
        return Fail(ErrorCode::kLimit,
                    fmt::format("'{}' makes the zip larger than {} bytes unpacked.", name, limits_.bytes_max));
      }
      TRY_OK(WriteAll(fd.get(), {buffer_.data(), static_cast<std::size_t>(got)}, path));
    }
    if (got < 0)
      return std::unexpected(ZipError(fmt::format("'{}' cannot be unpacked", name), zip_file_get_error(member.get())));
    ++unpacked_.files;
    return {};
  }

  const Unpacked& unpacked() const { return unpacked_; }

 private:
  zip_t* archive_;
  std::string folder_;
  UnpackLimits limits_;
  Unpacked unpacked_;
  std::string buffer_ = std::string(kBufferBytes, '\0');
};

}  // namespace

Result<Unpacked> UnpackZip(const std::string& path, const std::string& folder, const UnpackLimits& limits) {
  TRY(const Archive archive, OpenZip(path, ZIP_RDONLY));
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  TRY_OK(CheckMembers(archive.get(), count, limits));
  TRY_OK(files::MakeFolders(folder));
  Unpacker unpacker(archive.get(), folder, limits);
  for (zip_uint64_t i = 0; i < count; ++i) TRY_OK(unpacker.Take(i));
  return unpacker.unpacked();
}

}  // namespace tuesday::zip
