// SPDX-License-Identifier: Apache-2.0
// Whole files, read and written so that a crash or a power failure leaves either the old bytes or the new ones.
// Every call blocks. Errors name the path; a full disk is kUnavailable, a missing file kNotFound, a refused one kDenied.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tuesday::files {

// The error for `errno_value` after doing `what` ("cannot write") to `path`.
Error SystemError(std::string_view what, std::string_view path, int errno_value);

// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder.
Result<void> WriteFileDurably(const std::string& path, std::string_view bytes, mode_t mode = 0644);

// Like WriteFileDurably without the syncs: readers see the old bytes or the new ones, a power failure may lose both.
// For what is worthless after a reboot.
Result<void> ReplaceFile(const std::string& path, std::string_view bytes, mode_t mode = 0644);

// The whole file; kLimit when it is larger than `bytes_max`.
Result<std::string> ReadFile(const std::string& path, std::size_t bytes_max = 64 << 20);

// Makes the folder and those above it. An existing folder is left as it is.
Result<void> MakeFolders(const std::string& path, mode_t mode = 0755);

// Removes a file or a folder with all in it, read-only folders too, and follows no link. Nothing there is no error.
Result<void> RemoveTree(const std::string& path);

// Makes entries that were created in, renamed in or removed from the folder durable.
Result<void> SyncFolder(const std::string& path);

// Bytes that may still be written to the disk that holds `path`.
Result<std::uint64_t> FreeBytes(const std::string& path);

// Names in the folder, sorted, without those that begin with a dot. None when there is no such folder.
std::vector<std::string> NamesIn(const std::string& folder);

// Whether something, also a dangling link, is at `path`.
bool Exists(const std::string& path);

}  // namespace tuesday::files
