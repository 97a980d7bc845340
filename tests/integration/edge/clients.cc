// SPDX-License-Identifier: Apache-2.0
#include "clients.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

namespace tuesday::testing {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};

std::string PemOf(X509* certificate) {
  const std::unique_ptr<BIO, Freed<BIO_vfree>> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* begin = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &begin);
  return {begin, static_cast<std::size_t>(size)};
}

std::string CommonNameOf(X509* certificate) {
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), static_cast<int>(name.size()));
  return name.data();
}

std::string ReadToEnd(SSL* ssl) {
  std::string out;
  std::array<char, 4096> buffer;
  for (int got = 1; got > 0;) {
    got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (got > 0) out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

}  // namespace

TlsAnswer GetOverTls(int port, const std::string& host, const std::string& path) {
  const files::Fd fd = Connect(port);
  const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, Freed<SSL_free>> ssl(SSL_new(context.get()));
  SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  SSL_set_fd(ssl.get(), fd.get());
  if (!fd.is_open() || SSL_connect(ssl.get()) != 1) return {};
  const std::unique_ptr<X509, Freed<X509_free>> certificate(SSL_get1_peer_certificate(ssl.get()));
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  const std::string text = ReadToEnd(ssl.get());
  TlsAnswer out{{}, PemOf(certificate.get()), CommonNameOf(certificate.get())};
  const std::size_t head = text.find("\r\n\r\n");
  if (head != std::string::npos) out.answer = {std::atoi(text.c_str() + 9), text.substr(0, head), text.substr(head + 4)};
  return out;
}

WebSocket::WebSocket(int port, const std::string& host) : fd_(Connect(port)) {
  // The key of RFC 6455, section 1.3; the responder knows its answer.
  const std::string request = "GET /socket HTTP/1.1\r\nHost: " + host +
                              "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 1> byte;
  while (!answer.ends_with("\r\n\r\n") && ::recv(fd_.get(), byte.data(), byte.size(), 0) == 1) answer += byte[0];
  if (!answer.starts_with("HTTP/1.1 101 ")) fd_.Close();
}

bool WebSocket::Echoes(const std::string& text) const {
  if (::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) return false;
  std::string back(text.size(), '\0');
  return ::recv(fd_.get(), back.data(), back.size(), MSG_WAITALL) == static_cast<ssize_t>(text.size()) && back == text;
}

bool WebSocket::AwaitEnd() const {
  char byte = 0;
  const ssize_t got = ::recv(fd_.get(), &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

}  // namespace tuesday::testing
