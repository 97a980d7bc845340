// SPDX-License-Identifier: Apache-2.0
// The body of a request in a file without a name: nobody else finds it, and it is gone when the last who holds it lets go, or
// with the process. Written by one thread at a time; read from any once it is whole. Its calls block as the disk does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::http {

class SpooledBody {
 public:
  // An empty file of mode 0600 on the disk of `folder`, which is made when it is missing.
  static Result<std::shared_ptr<SpooledBody>> Create(const std::string& folder);

  // Returns at once: a large file is given back to the disk by a thread of its own.
  ~SpooledBody();
  SpooledBody(const SpooledBody&) = delete;
  SpooledBody& operator=(const SpooledBody&) = delete;

  // kLimit when the disk, or what this process may use of it, is full.
  Result<void> Append(std::string_view bytes);

  std::uint64_t bytes() const { return bytes_; }

  // A descriptor of its own, at the first byte, for reading: a child's standard input, for example.
  Result<files::Fd> Open() const;

  // The whole body, when it has at most `bytes_max`; else kLimit.
  Result<std::string> Read(std::uint64_t bytes_max) const;

  // Gives the bytes a name as well, without copying them where the file system can; not synced. kConflict when `path` is there.
  Result<void> Keep(const std::string& path) const;

 private:
  SpooledBody(files::Fd file, std::string folder) : file_(std::move(file)), folder_(std::move(folder)) {}
  std::string PathOfDescriptor() const;
  Result<void> CopyTo(const std::string& path) const;

  files::Fd file_;
  std::string folder_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tuesday::http
