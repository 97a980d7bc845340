// SPDX-License-Identifier: Apache-2.0
#include "app/server/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "adapters/files/files.h"
#include "adapters/haproxy/supervisor/certificates.h"
#include "app/server/daemon/daemon.h"
#include "app/server/daemon/log.h"

namespace tuesday::server {
namespace {

constexpr std::size_t kPemBytesMax = 1 << 20;
constexpr std::string_view kCertificateEnd = "-----END CERTIFICATE-----\n";

http::ServerLimits LimitsOf(const config::Config& config) {
  http::ServerLimits limits;
  limits.body_bytes_max = static_cast<std::size_t>(config.body_bytes_max);
  limits.header_bytes_max = static_cast<std::size_t>(config.header_bytes_max);
  limits.connections_max = static_cast<std::size_t>(config.connections_max);
  limits.idle_time_max = config.idle_time_max;
  limits.request_time_max = config.request_time_max;
  return limits;
}

// "https://deploy.example.com:7443" -> "deploy.example.com".
std::string HostOfUrl(std::string_view url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  url.remove_prefix(begin + 3);
  return std::string(url.substr(0, url.find_first_of(":/")));
}

}  // namespace

std::unique_ptr<http::HttpServer> Listeners::MakeServer(const config::Config& config) const {
  auto server = std::make_unique<http::HttpServer>(loop_, handler_, LimitsOf(config));
  server->SetBodyPolicy(policy_of_, state_folder_ + "/git-spool");
  return server;
}

Result<void> Listeners::ListenAdmin(const config::Config& config) {
  Served admin;
  admin.address = state_folder_ + "/sock";
  admin.server = MakeServer(config);
  TRY_OK(admin.server->ListenUnix("admin", admin.address));
  served_["admin"] = std::move(admin);
  return {};
}

Result<void> Listeners::MakeIdentity(const config::Config& config) const {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1"};
  const auto add = [&hosts](const std::string& host) {
    const bool is_new = std::ranges::find(hosts, host) == hosts.end();
    if (!host.empty() && host != "0.0.0.0" && is_new) hosts.insert(hosts.begin(), host);
  };
  for (const std::string& listen : {config.public_listen, config.api_listen}) {
    if (listen.empty()) continue;
    TRY(const HostPort at, ParseHostPort(listen));
    add(at.host);
  }
  add(HostOfUrl(config.oidc_issuer));
  add(HostOfUrl(config.external_url));
  TRY(const std::string pem, haproxy::MakeSelfSigned(hosts));
  const std::string certificate = pem.substr(0, pem.find(kCertificateEnd) + kCertificateEnd.size());
  TRY_OK(files::MakeFolders(state_folder_ + "/tls", 0755));
  TRY_OK(files::WriteFileDurably(state_folder_ + "/tls/api.key", pem.substr(certificate.size()), 0600));
  return files::WriteFileDurably(state_folder_ + "/tls/api.crt", certificate, 0644);
}

Result<http::TlsIdentity> Listeners::ReadIdentity(const config::Config& config) const {
  std::string certificate = config.api_certificate;
  std::string key = config.api_key;
  if (certificate.empty()) {
    certificate = state_folder_ + "/tls/api.crt";
    key = state_folder_ + "/tls/api.key";
    if (!files::Exists(certificate) || !files::Exists(key)) TRY_OK(MakeIdentity(config));
  }
  TRY(const std::string certificate_pem, files::ReadFile(certificate, kPemBytesMax));
  TRY(const std::string key_pem, files::ReadFile(key, kPemBytesMax));
  Result<http::TlsIdentity> identity = http::TlsIdentity::Read(certificate_pem, key_pem);
  if (identity.has_value()) return identity;
  return Fail(identity.error().code, fmt::format("{} and {}: {}", certificate, key, identity.error().message),
              identity.error().hint);
}

Result<Listeners::Served> Listeners::Prepare(const std::string& listener, const std::string& listen,
                                             const config::Config& config,
                                             const std::shared_ptr<const http::TlsIdentity>& identity) const {
  Served made;
  made.listen = listen;
  const auto present = served_.find(listener);
  if (listen.empty() || (present != served_.end() && present->second.listen == listen)) return made;
  TRY(const HostPort at, ParseHostPort(listen));
  made.server = MakeServer(config);
  TRY(const std::uint16_t port, made.server->ListenTls(listener, at.host, static_cast<std::uint16_t>(at.port), identity));
  made.address = fmt::format("{}:{}", at.host, port);
  return made;
}

void Listeners::Take(const std::string& listener, const std::string& listen, Served served) {
  if (listen.empty()) {
    if (served_.erase(listener) > 0) Say(config::LogLevel::kInfo, "no longer listening", {{"listener", listener}});
    return;
  }
  if (served.server == nullptr) return;
  Say(config::LogLevel::kInfo, "listening", {{"listener", listener}, {"address", served.address}});
  served_[listener] = std::move(served);
}

Result<void> Listeners::Apply(const config::Config& config) {
  http::TlsIdentity identity;
  if (!config.api_listen.empty() || !config.public_listen.empty()) {
    TRY(identity, ReadIdentity(config));
  }
  // All that can fail comes first.
  TRY(Served api, Prepare("api", config.api_listen, config, identity_));
  TRY(Served everybody, Prepare("public", config.public_listen, config, identity_));
  TRY(Served metrics, Prepare("metrics", config.metrics_listen, config, nullptr));
  *identity_ = std::move(identity);
  Take("api", config.api_listen, std::move(api));
  Take("public", config.public_listen, std::move(everybody));
  Take("metrics", config.metrics_listen, std::move(metrics));
  for (auto& [name, served] : served_) served.server->SetLimits(LimitsOf(config));
  return {};
}

std::map<std::string, http::ServerCounters> Listeners::counters() const {
  std::map<std::string, http::ServerCounters> counters;
  for (const auto& [name, served] : served_) counters.emplace(name, served.server->counters());
  return counters;
}

std::string Listeners::AddressOf(const std::string& listener) const {
  const auto found = served_.find(listener);
  return found == served_.end() ? std::string() : found->second.address;
}

}  // namespace tuesday::server
