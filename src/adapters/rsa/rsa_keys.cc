// SPDX-License-Identifier: Apache-2.0
#include "adapters/rsa/rsa_keys.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <array>
#include <memory>

#include "core/workflow/services/base64.h"

namespace tuesday::rsa {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(OSSL_PARAM_BLD* build) const { OSSL_PARAM_BLD_free(build); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

std::unexpected<Error> Failed(std::string_view what) {
  return Fail(ErrorCode::kInternal, fmt::format("OpenSSL cannot {}.", what));
}

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Result<std::string> NumberOf(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return Failed("tell a key's numbers");
  const Owned<BIGNUM> number(raw);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
  return workflow::EncodeBase64Url(bytes);
}

Result<std::string> PemOf(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Failed("write a key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// RFC 7638: the members that a public key needs, in the order of their names, without blanks.
std::string ThumbprintOf(const std::string& modulus, const std::string& exponent) {
  const std::string text = fmt::format(R"({{"e":"{}","kty":"RSA","n":"{}"}})", exponent, modulus);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(Bytes(text), text.size(), digest.data());
  return workflow::EncodeBase64Url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Owned<BIGNUM> NumberFrom(const std::string& base64) {
  const std::string bytes = workflow::DecodeBase64Url(base64).value_or("");
  return Owned<BIGNUM>(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Owned<EVP_PKEY> PublicOf(const workflow::SigningKey& key) {
  const Owned<BIGNUM> modulus = NumberFrom(key.modulus);
  const Owned<BIGNUM> exponent = NumberFrom(key.exponent);
  const Owned<OSSL_PARAM_BLD> build(OSSL_PARAM_BLD_new());
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (modulus == nullptr || exponent == nullptr || build == nullptr || context == nullptr) return nullptr;
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(build.get()));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return Owned<EVP_PKEY>(made);
}

}  // namespace

Result<workflow::SigningKey> MakeKey() {
  const Owned<EVP_PKEY> made(EVP_RSA_gen(kKeyBits));
  if (made == nullptr) return Failed("make a key");
  workflow::SigningKey key;
  TRY(key.modulus, NumberOf(made.get(), OSSL_PKEY_PARAM_RSA_N));
  TRY(key.exponent, NumberOf(made.get(), OSSL_PKEY_PARAM_RSA_E));
  TRY(key.private_pem, PemOf(made.get()));
  key.id = ThumbprintOf(key.modulus, key.exponent);
  return key;
}

Result<std::string> Sign(std::string_view private_pem, std::string_view text) {
  const Owned<BIO> bio(BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size())));
  const Owned<EVP_PKEY> key(bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA)
    return Fail(ErrorCode::kCorrupt, "What is kept as a signing key is none.",
                "`tuesday oidc rotate --at-once` makes a new one.");
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, Bytes(text), text.size()) != 1)
    return Failed("sign");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(text), text.size()) != 1)
    return Failed("sign");
  signature.resize(size);
  return signature;
}

bool Verify(const workflow::SigningKey& key, std::string_view text, std::string_view signature) {
  const Owned<EVP_PKEY> public_key = PublicOf(key);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  return public_key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text), text.size()) == 1;
}

Result<std::string> MakeTokenId() {
  std::array<unsigned char, 16> b{};
  if (RAND_bytes(b.data(), static_cast<int>(b.size())) != 1) return Failed("give random bytes");
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  std::string id;
  for (std::size_t i = 0; i < b.size(); ++i)
    id += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
  return id;
}

}  // namespace tuesday::rsa
