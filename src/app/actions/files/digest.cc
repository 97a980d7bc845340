// SPDX-License-Identifier: Apache-2.0
#include "app/actions/files/digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <memory>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"

namespace tuesday::actions {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
using Bytes = std::array<unsigned char, 32>;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void Add(const void* bytes, std::size_t size) { EVP_DigestUpdate(context_.get(), bytes, size); }
  Bytes End() {
    Bytes digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string Hex(const Bytes& bytes) {
  std::string hex;
  for (const unsigned char byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

Result<Bytes> BytesOf(const std::string& path) {
  const files::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::unexpected(files::SystemError("cannot read", path, errno));
  Sha256 digest;
  std::string buffer(kBufferBytes, '\0');
  for (ssize_t got = 0; (got = ::read(fd.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0) return std::unexpected(files::SystemError("cannot read", path, errno));
    digest.Add(buffer.data(), static_cast<std::size_t>(got));
  }
  return digest.End();
}

}  // namespace

Result<std::string> FileDigest(const std::string& path) {
  TRY(const Bytes digest, BytesOf(path));
  return Hex(digest);
}

Result<std::string> DigestOfFiles(const std::vector<std::string>& paths) {
  Sha256 all;
  for (const std::string& path : paths) {
    TRY(const Bytes digest, BytesOf(path));
    all.Add(digest.data(), digest.size());
  }
  return Hex(all.End());
}

}  // namespace tuesday::actions
