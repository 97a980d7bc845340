// SPDX-License-Identifier: Apache-2.0
#include "adapters/seal/sealer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <memory>

#include "adapters/files/files.h"
#include "base/check.h"

namespace tuesday::seal {
namespace {

constexpr std::string_view kMark = "sealed:1:";  // The number is the format's.
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* In(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Out(std::string& text, std::size_t at = 0) { return reinterpret_cast<unsigned char*>(text.data()) + at; }

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    hex += kHexDigits[static_cast<unsigned char>(c) >> 4];
    hex += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

// Empty for what is no hex.
std::string Unhex(std::string_view hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = kHexDigits.find(hex[i]);
    const std::size_t low = kHexDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string Derive(const std::string& master, std::string_view what) {
  std::string key(kKeyBytes, '\0');
  unsigned int size = 0;
  CHECK(HMAC(EVP_sha256(), master.data(), static_cast<int>(master.size()), In(what), what.size(), Out(key), &size) != nullptr,
        "HMAC is there");
  return key;
}

Error NotOurs() {
  return {ErrorCode::kCorrupt, "A sealed value does not open with this state folder's key.",
          "Put back the secret.key that belongs to this database; without it the values are lost and must be set again."};
}

}  // namespace

Sealer::Sealer(std::string master) : seal_key_(Derive(master, "seal")), revision_key_(Derive(master, "revision")) {}

std::string Sealer::RevisionKey() const { return revision_key_; }

Result<Sealer> Sealer::Open(const std::string& path) {
  TRY(std::string text, files::ReadFile(path, 4096));
  if (text.ends_with('\n')) text.pop_back();
  std::string master = Unhex(text);
  if (master.size() != kKeyBytes) {
    return Fail(ErrorCode::kCorrupt, "'" + path + "' holds no key.", "Put back the one that belongs to this database.");
  }
  return Sealer(std::move(master));
}

Result<Sealer> Sealer::OpenOrMake(const std::string& path) {
  if (!files::Exists(path)) {
    std::string master(kKeyBytes, '\0');
    if (RAND_bytes(Out(master), static_cast<int>(master.size())) != 1) {
      return Fail(ErrorCode::kUnavailable, "The machine gives no random bytes for a key.");
    }
    TRY_OK(files::WriteFileDurably(path, Hex(master) + "\n", 0600));
  }
  return Open(path);
}

bool Sealer::IsSealed(std::string_view text) { return text.starts_with(kMark); }

std::string Sealer::Seal(std::string_view belongs_to, std::string_view bytes) const {
  std::string nonce(kNonceBytes, '\0');
  CHECK(RAND_bytes(Out(nonce), static_cast<int>(nonce.size())) == 1, "the machine gives random bytes");
  std::string sealed(bytes.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool done = EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, In(seal_key_), In(nonce)) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), nullptr, &size, In(belongs_to), static_cast<int>(belongs_to.size())) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), Out(sealed), &size, In(bytes), static_cast<int>(bytes.size())) == 1 &&
                    EVP_EncryptFinal_ex(cipher.get(), Out(sealed, sealed.size()), &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), Out(tag)) == 1;
  CHECK(done, "AES-256-GCM is there");
  return std::string(kMark) + Hex(nonce + tag + sealed);
}

Result<std::string> Sealer::Unseal(std::string_view belongs_to, std::string_view text) const {
  if (!IsSealed(text)) return std::unexpected(NotOurs());
  const std::string all = Unhex(text.substr(kMark.size()));
  if (all.size() < kNonceBytes + kTagBytes) return std::unexpected(NotOurs());
  const std::string_view nonce = std::string_view(all).substr(0, kNonceBytes);
  std::string tag = all.substr(kNonceBytes, kTagBytes);
  const std::string_view sealed = std::string_view(all).substr(kNonceBytes + kTagBytes);
  std::string bytes(sealed.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool done = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, In(seal_key_), In(nonce)) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), nullptr, &size, In(belongs_to), static_cast<int>(belongs_to.size())) == 1 &&
                    EVP_DecryptUpdate(cipher.get(), Out(bytes), &size, In(sealed), static_cast<int>(sealed.size())) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), Out(tag)) == 1 &&
                    EVP_DecryptFinal_ex(cipher.get(), Out(bytes, bytes.size()), &size) == 1;
  if (!done) return std::unexpected(NotOurs());
  return bytes;
}

}  // namespace tuesday::seal
