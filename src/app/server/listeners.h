// SPDX-License-Identifier: Apache-2.0
// The listeners by trust, each with a server of its own, so that one that is flooded costs the others nothing: "admin" (unix
// socket), "api" (TLS and tokens), "public" (TLS, for everybody), "metrics". Loop thread only; reads certificates from the
// disk.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/http/server.h"
#include "app/config/config.h"

namespace tuesday::server {

class Listeners {
 public:
  Listeners(http::Loop& loop, std::string state_folder, http::Handler handler, http::BodyPolicyOf policy_of)
      : loop_(loop), state_folder_(std::move(state_folder)), handler_(std::move(handler)), policy_of_(std::move(policy_of)) {}

  // Begins to serve the socket.
  Result<void> ListenAdmin(const config::Config& config);

  // Makes "api", "public" and "metrics" what the settings say: all of it, or an error and nothing is changed. Certificates are
  // read again each time.
  Result<void> Apply(const config::Config& config);

  // By listener; those that are not served are not there.
  std::map<std::string, http::ServerCounters> counters() const;

  // "127.0.0.1:7443", with the port that was bound; empty when it is not served.
  std::string AddressOf(const std::string& listener) const;

 private:
  struct Served {
    std::string listen;   // As the settings had it.
    std::string address;  // As bound.
    std::unique_ptr<http::HttpServer> server;
  };

  std::unique_ptr<http::HttpServer> MakeServer(const config::Config& config) const;
  Result<http::TlsIdentity> ReadIdentity(const config::Config& config) const;
  Result<void> MakeIdentity(const config::Config& config) const;
  // A server for the address, or none when it is the one that is served already, or empty.
  Result<Served> Prepare(const std::string& listener, const std::string& listen, const config::Config& config,
                         const std::shared_ptr<const http::TlsIdentity>& identity) const;
  void Take(const std::string& listener, const std::string& listen, Served served);

  http::Loop& loop_;
  std::string state_folder_;
  http::Handler handler_;
  http::BodyPolicyOf policy_of_;
  std::shared_ptr<http::TlsIdentity> identity_ = std::make_shared<http::TlsIdentity>();
  std::map<std::string, Served> served_;
};

}  // namespace tuesday::server
