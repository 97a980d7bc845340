// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "adapters/http/session/session.h"

namespace tuesday::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Unix = asio::local::stream_protocol;
using asio::ip::tcp;

constexpr Duration kAcceptRetryTime = std::chrono::milliseconds(100);
constexpr mode_t kSocketMode = 0660;
constexpr int kSpoolThreads = 1;

// Accepts connections until it is closed or let go.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void Close() = 0;
};

template <typename Protocol>
class ProtocolListener : public Listener, public std::enable_shared_from_this<ProtocolListener<Protocol>> {
 public:
  using Acceptor = typename Protocol::acceptor;

  ProtocolListener(std::shared_ptr<SessionHub> hub, std::string name, Acceptor acceptor,
                   std::shared_ptr<const TlsIdentity> identity)
      : hub_(std::move(hub)),
        name_(std::move(name)),
        acceptor_(std::move(acceptor)),
        identity_(std::move(identity)),
        retry_(hub_->loop->context()) {}

  void Accept() {
    acceptor_.async_accept([self = this->shared_from_this()](error_code error, typename Protocol::socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (error) return self->RetryLater();
      self->Take(std::move(socket));
      self->Accept();
    });
  }

  void Close() override {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  void Take(typename Protocol::socket socket) {
    if (hub_->counters.open_connections >= hub_->limits.connections_max) {
      ++hub_->counters.refused_connections;
      if (identity_ != nullptr) return;
      // Best effort: a client that does not read it sees a closed connection.
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
      error_code ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kFull), ignored);
      return;
    }
    TlsSession tls = identity_ == nullptr ? TlsSession() : identity_->NewSession();
    if (identity_ != nullptr && tls == nullptr) return;
    error_code error;
    const auto local = socket.local_endpoint(error);
    if (error) return;
    MakeSession(hub_, name_, local.protocol().family(), socket.release(), std::move(tls))->Begin();
  }

  // Out of descriptors, for example: the next attempt may find some.
  void RetryLater() {
    retry_.expires_after(kAcceptRetryTime);
    retry_.async_wait([self = this->shared_from_this()](error_code error) {
      if (!error && self->acceptor_.is_open()) self->Accept();
    });
  }

  std::shared_ptr<SessionHub> hub_;
  std::string name_;
  Acceptor acceptor_;
  std::shared_ptr<const TlsIdentity> identity_;  // Null: in the clear.
  asio::steady_timer retry_;
};

std::unexpected<Error> CannotListen(const std::string& address, const error_code& error) {
  if (error == asio::error::address_in_use) {
    return Fail(ErrorCode::kConflict, fmt::format("The address {} is in use by another program.", address),
                "Stop that program, or give another address with --listen.");
  }
  return Fail(error == asio::error::access_denied ? ErrorCode::kDenied : ErrorCode::kUnavailable,
              fmt::format("There is no listening on {}: {}.", address, error.message()));
}

// Removes a socket that nobody serves any more. kConflict when somebody does.
Result<void> RemoveDeadSocket(asio::io_context& context, const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return Fail(ErrorCode::kConflict, fmt::format("{} exists and is not a socket.", path), "Move it away.");
  }
  Unix::socket probe(context);
  error_code error;
  probe.connect(Unix::endpoint(path), error);
  if (!error) {
    return Fail(ErrorCode::kConflict, fmt::format("Another program serves the socket {}.", path),
                "Stop that daemon first, or give another state folder with --state.");
  }
  unlink(path.c_str());
  return {};
}

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<SessionHub> hub = std::make_shared<SessionHub>();
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::string> socket_paths;

  template <typename Protocol>
  void Start(std::string name, typename Protocol::acceptor acceptor, std::shared_ptr<const TlsIdentity> identity = nullptr) {
    auto listener =
        std::make_shared<ProtocolListener<Protocol>>(hub, std::move(name), std::move(acceptor), std::move(identity));
    listener->Accept();
    listeners.push_back(std::move(listener));
  }
};

HttpServer::HttpServer(Loop& loop, Handler handler, ServerLimits limits) : impl_(std::make_unique<Impl>()) {
  impl_->hub->loop = &loop;
  impl_->hub->handler = std::move(handler);
  impl_->hub->limits = limits;
}

HttpServer::~HttpServer() { Close(); }

Result<void> HttpServer::ListenUnix(const std::string& listener, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The socket's path {} has {} bytes; the system takes at most {}.", path, path.size(),
                            sizeof(sockaddr_un::sun_path) - 1),
                "Give a state folder with a shorter path.");
  }
  asio::io_context& context = impl_->hub->loop->context();
  TRY_OK(RemoveDeadSocket(context, path));
  Unix::acceptor acceptor(context);
  error_code error;
  acceptor.open(Unix(), error);
  if (!error) acceptor.bind(Unix::endpoint(path), error);
  if (error) return CannotListen(path, error);
  // Between bind and listen nobody can connect, so nobody comes in by the mode that the umask gave.
  if (chmod(path.c_str(), kSocketMode) != 0) {
    return Fail(ErrorCode::kDenied, fmt::format("The mode of the socket {} cannot be set.", path));
  }
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(path, error);
  impl_->socket_paths.push_back(path);
  impl_->Start<Unix>(listener, std::move(acceptor));
  return {};
}

Result<std::uint16_t> HttpServer::ListenTcp(const std::string& listener, const std::string& address, std::uint16_t port) {
  return ListenTls(listener, address, port, nullptr);
}

void HttpServer::SetLimits(const ServerLimits& limits) { impl_->hub->limits = limits; }

void HttpServer::SetBodyPolicy(BodyPolicyOf policy_of, std::string spool_folder) {
  impl_->hub->policy_of = std::move(policy_of);
  impl_->hub->spool_folder = std::move(spool_folder);
  if (impl_->hub->spooler == nullptr)
    impl_->hub->spooler = std::make_unique<WorkerPool>(*impl_->hub->loop, PoolLimits{.threads = kSpoolThreads});
}

Result<std::uint16_t> HttpServer::ListenTls(const std::string& listener, const std::string& address, std::uint16_t port,
                                            std::shared_ptr<const TlsIdentity> identity) {
  const std::string text = fmt::format("{}:{}", address, port);
  error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error)
    return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is not an address.", address), "Write for example 127.0.0.1.");
  const tcp::endpoint endpoint(parsed, port);
  tcp::acceptor acceptor(impl_->hub->loop->context());
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(text, error);
  const std::uint16_t bound = acceptor.local_endpoint().port();
  impl_->Start<tcp>(listener, std::move(acceptor), std::move(identity));
  return bound;
}

void HttpServer::Close() {
  for (const auto& listener : impl_->listeners) listener->Close();
  impl_->listeners.clear();
  for (const std::string& path : std::exchange(impl_->socket_paths, {})) unlink(path.c_str());
  std::vector<std::shared_ptr<Connection>> open;
  for (const auto& [key, connection] : impl_->hub->open) open.push_back(connection.lock());
  for (const auto& connection : open) {
    if (connection != nullptr) connection->Close();
  }
  impl_->hub->spooler.reset();  // Must not outlive the loop, as a connection's last words may.
}

ServerCounters HttpServer::counters() const { return impl_->hub->counters; }

}  // namespace tuesday::http
