// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/artifacts/tar_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::process {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::int64_t kExtensionBytesMax = 1 << 20;  // Of one pax or long-name entry.
constexpr std::size_t kDepthMax = 64;

struct Entry {
  std::string path;
  std::string link;
  char type = '0';
  std::int64_t size = 0;
  bool executable = false;
};

std::string Field(const char* block, std::size_t at, std::size_t size) {
  std::string text(block + at, size);
  return text.substr(0, text.find('\0'));
}

// Octal, or base 256 when the first bit is set.
std::optional<std::int64_t> Number(const char* block, std::size_t at, std::size_t size) {
  if ((static_cast<unsigned char>(block[at]) & 0x80) != 0) {
    std::int64_t value = 0;
    for (std::size_t i = 1; i < size; ++i) {
      if (value > (INT64_MAX >> 8)) return std::nullopt;
      value = (value << 8) | static_cast<unsigned char>(block[at + i]);
    }
    return value;
  }
  const std::string text = Field(block, at, size);
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  std::int64_t value = 0;
  if (begin == text.size()) return value;
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), value, 8);
  if (error != std::errc() || value < 0) return std::nullopt;
  return value;
}

// The parts of a path, or nothing when it is absolute, leaves its root or is too deep.
std::optional<std::vector<std::string>> Parts(const std::string& path) {
  std::vector<std::string> parts;
  if (path.starts_with('/') || path.find('\0') != std::string::npos) return std::nullopt;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    parts.push_back(part);
  }
  if (parts.size() > kDepthMax) return std::nullopt;
  return parts;
}

// Whether a link at `parts` that says `target` stays inside.
bool StaysInside(const std::vector<std::string>& parts, const std::string& target) {
  if (target.empty() || target.front() == '/') return false;
  auto depth = static_cast<std::int64_t>(parts.size()) - 1;
  for (std::size_t begin = 0; begin <= target.size();) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    const std::string part = target.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    depth += part == ".." ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

class TarReader {
 public:
  TarReader(const std::string& archive, const std::string& folder, TarRules rules, const ArtifactLimits& limits)
      : archive_(archive), folder_(folder), rules_(rules), limits_(limits), file_(nullptr, &::gzclose) {}

  Result<void> Unpack();

 private:
  std::unexpected<Error> Corrupt(const std::string& why) {
    return Fail(ErrorCode::kCorrupt, "The archive '" + archive_ + "' is damaged: " + why + ".");
  }
  std::unexpected<Error> Refused(const Entry& entry, const std::string& why) {
    return Fail(ErrorCode::kInvalid, "The archive '" + archive_ + "' holds '" + entry.path + "', " + why + ".");
  }
  Result<void> ReadExactly(char* to, std::size_t size);
  Result<std::string> ReadText(std::int64_t size);
  Result<void> Skip(std::int64_t size);
  // Nothing at the archive's end.
  Result<std::optional<Entry>> Next();
  Result<Entry> ParseHeader(const char* block);
  Result<void> TakePax(const std::string& text);
  Result<void> Place(const Entry& entry);
  // A descriptor of the folder that holds the entry. No link is followed on the way; missing folders are made.
  Result<files::Fd> OpenParent(const Entry& entry, const std::vector<std::string>& parts);
  Result<void> PlaceFile(const Entry& entry, int parent, const std::string& name);
  Result<void> PlaceHardLink(const Entry& entry, int parent, const std::string& name);
  Result<bool> TakeWhiteout(const std::vector<std::string>& parts);

  const std::string& archive_;
  const std::string& folder_;
  TarRules rules_;
  const ArtifactLimits& limits_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
  std::string long_path_;
  std::string long_link_;
  std::optional<std::int64_t> long_size_;
  std::int64_t bytes_ = 0;
  std::int64_t entries_ = 0;
};

Result<void> TarReader::ReadExactly(char* to, std::size_t size) {
  while (size > 0) {
    const int got = ::gzread(file_.get(), to, static_cast<unsigned>(std::min<std::size_t>(size, 1 << 20)));
    if (got <= 0) return Corrupt("it ends too early or does not unzip");
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::string> TarReader::ReadText(std::int64_t size) {
  if (size > kExtensionBytesMax) return Corrupt("a name is longer than a megabyte");
  std::string text(static_cast<std::size_t>((size + 511) / 512 * 512), '\0');
  TRY_OK(ReadExactly(text.data(), text.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<void> TarReader::Skip(std::int64_t size) {
  char buffer[16384];
  for (std::int64_t left = (size + 511) / 512 * 512; left > 0;) {
    const auto part = static_cast<std::size_t>(std::min<std::int64_t>(left, sizeof buffer));
    TRY_OK(ReadExactly(buffer, part));
    left -= static_cast<std::int64_t>(part);
  }
  return {};
}

Result<Entry> TarReader::ParseHeader(const char* block) {
  std::int64_t sum = 8 * ' ';
  for (std::size_t i = 0; i < kBlock; ++i) sum += i >= 148 && i < 156 ? 0 : static_cast<unsigned char>(block[i]);
  const auto stored = Number(block, 148, 8);
  if (!stored.has_value() || *stored != sum) return Corrupt("a header's checksum is wrong");
  const auto size = Number(block, 124, 12);
  const auto mode = Number(block, 100, 8);
  if (!size.has_value() || !mode.has_value()) return Corrupt("a header's number is none");
  Entry entry;
  entry.path = Field(block, 0, 100);
  entry.link = Field(block, 157, 100);
  entry.type = block[156] == '\0' ? '0' : block[156];
  entry.size = *size;
  entry.executable = (*mode & 0100) != 0;
  const std::string prefix = Field(block, 345, 155);
  if (Field(block, 257, 6) == "ustar" && !prefix.empty()) entry.path = prefix + "/" + entry.path;
  return entry;
}

// Lines "LENGTH KEY=VALUE\n".
Result<void> TarReader::TakePax(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), length);
    const auto digits = static_cast<std::size_t>(end - text.data()) - at;
    if (error != std::errc() || length <= digits + 2 || length > text.size() - at) return Corrupt("a pax record is none");
    const std::string record = text.substr(at + digits + 1, length - digits - 2);
    at += length;
    const std::size_t equals = record.find('=');
    if (equals == std::string::npos) return Corrupt("a pax record is none");
    const std::string key = record.substr(0, equals);
    const std::string value = record.substr(equals + 1);
    if (key == "path") long_path_ = value;
    if (key == "linkpath") long_link_ = value;
    if (key == "size") {
      std::int64_t size = 0;
      std::from_chars(value.data(), value.data() + value.size(), size);
      long_size_ = std::max<std::int64_t>(size, 0);
    }
  }
  return {};
}

Result<std::optional<Entry>> TarReader::Next() {
  for (;;) {
    char block[kBlock];
    const int got = ::gzread(file_.get(), block, kBlock);
    if (got == 0) return std::nullopt;
    if (got != static_cast<int>(kBlock)) return Corrupt("it ends in the middle of a header");
    if (std::all_of(block, block + kBlock, [](char byte) { return byte == 0; })) return std::nullopt;
    TRY(Entry entry, ParseHeader(block));
    if (entry.type == 'L' || entry.type == 'K' || entry.type == 'x' || entry.type == 'g') {
      TRY(std::string text, ReadText(entry.size));
      if (entry.type == 'L') long_path_ = text.substr(0, text.find('\0'));
      if (entry.type == 'K') long_link_ = text.substr(0, text.find('\0'));
      if (entry.type == 'x') TRY_OK(TakePax(text));
      continue;
    }
    if (!long_path_.empty()) entry.path = std::move(long_path_);
    if (!long_link_.empty()) entry.link = std::move(long_link_);
    if (long_size_.has_value()) entry.size = *long_size_;
    long_path_.clear();
    long_link_.clear();
    long_size_.reset();
    return entry;
  }
}

Result<files::Fd> TarReader::OpenParent(const Entry& entry, const std::vector<std::string>& parts) {
  files::Fd at(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = 0; at.is_open() && i + 1 < parts.size(); ++i) {
    ::mkdirat(at.get(), parts[i].c_str(), 0755);
    files::Fd next(::openat(at.get(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!next.is_open()) return Refused(entry, "whose folder is a link or no folder");
    at = std::move(next);
  }
  if (!at.is_open()) return std::unexpected(files::SystemError("cannot open", folder_, errno));
  return at;
}

Result<void> TarReader::PlaceFile(const Entry& entry, int parent, const std::string& name) {
  const files::Fd fd(
      ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, entry.executable ? 0755 : 0644));
  if (!fd.is_open()) return Refused(entry, "which is there twice or cannot be made");
  char buffer[65536];
  for (std::int64_t left = entry.size; left > 0;) {
    const auto part = static_cast<std::size_t>(std::min<std::int64_t>(left, sizeof buffer));
    TRY_OK(ReadExactly(buffer, part));
    for (std::size_t done = 0; done < part;) {
      const ssize_t written = ::write(fd.get(), buffer + done, part - done);
      if (written < 0) return std::unexpected(files::SystemError("cannot write", folder_ + "/" + entry.path, errno));
      done += static_cast<std::size_t>(written);
    }
    left -= static_cast<std::int64_t>(part);
  }
  const auto padding = static_cast<std::size_t>((512 - entry.size % 512) % 512);
  return ReadExactly(buffer, padding);
}

Result<void> TarReader::PlaceHardLink(const Entry& entry, int parent, const std::string& name) {
  const auto target = Parts(entry.link);
  if (!target.has_value() || target->empty()) return Refused(entry, "a hard link that leaves it");
  Entry linked;
  linked.path = entry.link;
  TRY(const files::Fd folder, OpenParent(linked, *target));
  struct stat facts{};
  if (::fstatat(folder.get(), target->back().c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode)) {
    return Refused(entry, "a hard link to what is no file in it");
  }
  if (::linkat(folder.get(), target->back().c_str(), parent, name.c_str(), 0) == 0) return {};
  return Refused(entry, "a hard link that cannot be made");
}

// OCI image-spec, layer.md: `.wh.NAME` removes NAME of the layers below, `.wh..wh..opq` all that the folder has.
Result<bool> TarReader::TakeWhiteout(const std::vector<std::string>& parts) {
  constexpr std::string_view kMark = ".wh.";
  const std::string& name = parts.back();
  if (rules_ != TarRules::kLayer || !name.starts_with(kMark)) return false;
  Entry entry;
  for (const auto& part : parts) entry.path += (entry.path.empty() ? "" : "/") + part;
  TRY(const files::Fd parent, OpenParent(entry, parts));
  const std::string folder = "/proc/self/fd/" + std::to_string(parent.get());
  if (name != ".wh..wh..opq") {
    const std::string removed = name.substr(kMark.size());
    if (removed.empty() || removed == "." || removed == "..") return Refused(entry, "which removes what it may not");
    TRY_OK(files::RemoveTree(folder + "/" + removed));
    return true;
  }
  std::error_code failed;
  for (const auto& below : std::filesystem::directory_iterator(folder, failed)) {
    TRY_OK(files::RemoveTree(below.path().string()));
  }
  return true;
}

Result<void> TarReader::Place(const Entry& entry) {
  const auto parts = Parts(entry.path);
  if (!parts.has_value()) return Refused(entry, "which leads out of it");
  const bool carries = entry.type == '0' || entry.type == '7';
  if (parts->empty()) return Skip(entry.size);
  TRY(const bool whiteout, TakeWhiteout(*parts));
  if (whiteout) return Skip(entry.size);
  TRY(const files::Fd parent, OpenParent(entry, *parts));
  const std::string& name = parts->back();
  if (rules_ == TarRules::kLayer && entry.type != '5') {
    TRY_OK(files::RemoveTree("/proc/self/fd/" + std::to_string(parent.get()) + "/" + name));
  }
  if (carries) return PlaceFile(entry, parent.get(), name);
  TRY_OK(Skip(entry.size));
  switch (entry.type) {
    case '1': return PlaceHardLink(entry, parent.get(), name);
    case '2':
      if (rules_ == TarRules::kArchive && !StaysInside(*parts, entry.link)) return Refused(entry, "a link that leaves it");
      if (::symlinkat(entry.link.c_str(), parent.get(), name.c_str()) == 0) return {};
      return Refused(entry, "a link that is there twice or cannot be made");
    case '5': {
      if (::mkdirat(parent.get(), name.c_str(), 0755) == 0) return {};
      struct stat facts{};
      const bool is_folder = ::fstatat(parent.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(facts.st_mode);
      return is_folder ? Result<void>{} : Refused(entry, "a folder where something else is");
    }
    default: return Refused(entry, "which is a device, a pipe or of an unknown kind");
  }
}

Result<void> TarReader::Unpack() {
  file_.reset(::gzopen(archive_.c_str(), "rbe"));
  if (file_ == nullptr) return std::unexpected(files::SystemError("cannot read", archive_, errno));
  for (;;) {
    TRY(const std::optional<Entry> entry, Next());
    if (!entry.has_value()) break;
    bytes_ += entry->size;
    if (bytes_ > limits_.bytes_max) {
      return Fail(ErrorCode::kLimit,
                  "The archive '" + archive_ + "' unpacks to more than " + std::to_string(limits_.bytes_max) + " bytes.");
    }
    if (++entries_ > limits_.entries_max) {
      return Fail(ErrorCode::kLimit,
                  "The archive '" + archive_ + "' holds more than " + std::to_string(limits_.entries_max) + " entries.");
    }
    TRY_OK(Place(*entry));
  }
  if (entries_ == 0) return Corrupt("it holds nothing");
  return {};
}

}  // namespace

Result<void> UnpackTar(const std::string& archive, const std::string& folder, TarRules rules, const ArtifactLimits& limits) {
  return TarReader(archive, folder, rules, limits).Unpack();
}

}  // namespace tuesday::process
