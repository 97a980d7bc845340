// SPDX-License-Identifier: Apache-2.0
#include "adapters/sqlite/checksum_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace tuesday::sqlite {
namespace {

constexpr const char* kName = "tuesday-checksum";
constexpr int kContentBytes = kPageBytes - kChecksumBytes;
constexpr int kOddReadBytesMin = 512;  // Smaller reads are of the header's fields, which are checked with page 1 right after.

// SQLite allocates this with room for the real file behind it.
struct CheckedFile {
  sqlite3_file base;
  sqlite3_file* Real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* Real(sqlite3_file* file) { return reinterpret_cast<CheckedFile*>(file)->Real(); }

sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

// Each step is a bijection of the sum, so one changed word always changes the result; the page's place is part of it, so
// that a page written to the wrong place is seen.
std::uint64_t Checksum(const unsigned char* content, sqlite3_int64 offset) {
  std::uint64_t sum = 0x9E3779B97F4A7C15U ^ static_cast<std::uint64_t>(offset);
  for (int at = 0; at < kContentBytes; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, content + at, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    sum = std::rotl((sum ^ word) * 0xD6E8FEB86659FD93U, 29);
  }
  return sum;
}

std::array<unsigned char, kChecksumBytes> ChecksumBytes(const unsigned char* content, sqlite3_int64 offset) {
  std::array<unsigned char, kChecksumBytes> bytes{};
  std::uint64_t sum = Checksum(content, offset);
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(sum);
    sum >>= 8;
  }
  return bytes;
}

bool IsWholePage(int amount, sqlite3_int64 offset) { return amount == kPageBytes && offset % kPageBytes == 0; }

int ReadChecked(sqlite3_file* file, void* buffer, int amount, sqlite3_int64 offset) {
  const int status = Real(file)->pMethods->xRead(Real(file), buffer, amount, offset);
  if (status != SQLITE_OK || amount < kOddReadBytesMin) return status;
  if (!IsWholePage(amount, offset)) return SQLITE_IOERR_DATA;
  const auto* page = static_cast<const unsigned char*>(buffer);
  const auto expected = ChecksumBytes(page, offset);
  if (std::memcmp(page + kContentBytes, expected.data(), expected.size()) == 0) return SQLITE_OK;
  // A page that was taken and given back within one transaction is a hole in the file; only a backup ever reads it.
  if (offset > 0 && std::all_of(page, page + kPageBytes, [](unsigned char byte) { return byte == 0; })) return SQLITE_OK;
  return SQLITE_IOERR_DATA;
}

int WriteChecked(sqlite3_file* file, const void* buffer, int amount, sqlite3_int64 offset) {
  if (!IsWholePage(amount, offset)) return Real(file)->pMethods->xWrite(Real(file), buffer, amount, offset);
  std::array<unsigned char, kPageBytes> page;
  std::memcpy(page.data(), buffer, kContentBytes);
  const auto sum = ChecksumBytes(page.data(), offset);
  std::memcpy(page.data() + kContentBytes, sum.data(), sum.size());
  return Real(file)->pMethods->xWrite(Real(file), page.data(), amount, offset);
}

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }
int Truncate(sqlite3_file* file, sqlite3_int64 size) { return Real(file)->pMethods->xTruncate(Real(file), size); }
int Sync(sqlite3_file* file, int flags) { return Real(file)->pMethods->xSync(Real(file), flags); }
int FileSize(sqlite3_file* file, sqlite3_int64* size) { return Real(file)->pMethods->xFileSize(Real(file), size); }
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) { return Real(file)->pMethods->xUnlock(Real(file), level); }
int CheckReservedLock(sqlite3_file* file, int* held) { return Real(file)->pMethods->xCheckReservedLock(Real(file), held); }
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) { return Real(file)->pMethods->xDeviceCharacteristics(Real(file)); }
int ShmMap(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return Real(file)->pMethods->xShmMap(Real(file), region, size, extend, memory);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) { return Real(file)->pMethods->xShmUnmap(Real(file), remove); }

// Version 2: without memory maps, which would pass by the checksums.
constexpr sqlite3_io_methods kMethods = {.iVersion = 2,
                                         .xClose = Close,
                                         .xRead = ReadChecked,
                                         .xWrite = WriteChecked,
                                         .xTruncate = Truncate,
                                         .xSync = Sync,
                                         .xFileSize = FileSize,
                                         .xLock = Lock,
                                         .xUnlock = Unlock,
                                         .xCheckReservedLock = CheckReservedLock,
                                         .xFileControl = FileControl,
                                         .xSectorSize = SectorSize,
                                         .xDeviceCharacteristics = DeviceCharacteristics,
                                         .xShmMap = ShmMap,
                                         .xShmLock = ShmLock,
                                         .xShmBarrier = ShmBarrier,
                                         .xShmUnmap = ShmUnmap,
                                         .xFetch = nullptr,
                                         .xUnfetch = nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* real = RealVfs(vfs);
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return real->xOpen(real, name, file, flags, out_flags);
  file->pMethods = nullptr;
  const int status = real->xOpen(real, name, Real(file), flags, out_flags);
  // SQLite closes a file whose methods are set even when opening it failed.
  if (Real(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return status;
}

}  // namespace

const char* ChecksumVfsName() {
  static const bool registered = [] {
    static sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
    vfs.pAppData = sqlite3_vfs_find(nullptr);
    vfs.szOsFile += static_cast<int>(sizeof(CheckedFile));
    vfs.zName = kName;
    vfs.pNext = nullptr;
    vfs.xOpen = Open;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  return registered ? kName : nullptr;
}

}  // namespace tuesday::sqlite
