// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection, in the clear or in TLS, behind one type: so Beast is instantiated once. An internal header of
// this folder. On the Loop's thread.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <utility>

#include "adapters/http/tls.h"

namespace tuesday::http {

namespace asio = boost::asio;
using Socket = asio::generic::stream_protocol::socket;

class Wire {
 public:
  using executor_type = Socket::executor_type;

  Wire(Socket socket, TlsSession tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(socket_, static_cast<SSL*>(tls.release()));
  }

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }
  bool is_tls() const { return tls_.has_value(); }

  template <typename Done>
  void Handshake(Done done) {
    tls_->async_handshake(asio::ssl::stream_base::server, std::move(done));
  }

  // Says in TLS that no more comes, and waits until the client says so too.
  template <typename Done>
  void Farewell(Done done) {
    tls_->async_shutdown(std::move(done));
  }

  template <typename Buffers, typename Done>
  void async_read_some(const Buffers& buffers, Done&& done) {
    tls_ ? tls_->async_read_some(buffers, std::forward<Done>(done))
         : socket_.async_read_some(buffers, std::forward<Done>(done));
  }

  template <typename Buffers, typename Done>
  void async_write_some(const Buffers& buffers, Done&& done) {
    tls_ ? tls_->async_write_some(buffers, std::forward<Done>(done))
         : socket_.async_write_some(buffers, std::forward<Done>(done));
  }

 private:
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
};

}  // namespace tuesday::http
