// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include "adapters/zip/zip_error.h"
#include "adapters/zip/zip_file.h"

namespace tuesday::zip {
namespace {

constexpr zip_int64_t kToItsEnd = -1;
constexpr zip_uint32_t kPlainFile = (S_IFREG | 0644U) << 16;

Result<void> AddMember(zip_t* archive, const Member& member, int level) {
  const std::string what = fmt::format("{} cannot be packed", member.source);
  zip_source_t* source = zip_source_file(archive, member.source.c_str(), 0, kToItsEnd);
  if (source == nullptr) return std::unexpected(ZipError(what, zip_get_error(archive)));
  const zip_int64_t index = zip_file_add(archive, member.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return std::unexpected(ZipError(what, zip_get_error(archive)));
  }
  const auto at = static_cast<zip_uint64_t>(index);
  // A level of 0 would mean libzip's own choice.
  const int method = level == kStored ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
  const bool set = zip_set_file_compression(archive, at, method, static_cast<zip_uint32_t>(level)) == 0 &&
                   zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, kPlainFile) == 0;
  if (!set) return std::unexpected(ZipError(what, zip_get_error(archive)));
  return {};
}

}  // namespace

Result<void> WriteZip(const std::string& path, const std::vector<Member>& members, int level) {
  TRY(Archive archive, OpenZip(path, ZIP_CREATE | ZIP_TRUNCATE));
  for (const Member& member : members) TRY_OK(AddMember(archive.get(), member, level));
  // Here the files are read.
  if (zip_close(archive.get()) != 0) {
    return std::unexpected(ZipError(fmt::format("{} cannot be written", path), zip_get_error(archive.get())));
  }
  (void)archive.release();
  return {};
}

}  // namespace tuesday::zip
