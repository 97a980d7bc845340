// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace tuesday::haproxy {
namespace {

constexpr std::size_t kDigestDigits = 16;

// One line for each request; docs/formats/edge.md. No field holds a byte that a client chose.
constexpr std::string_view kLogFormat =
    "T1 %pid %[var(txn.rollout)] %[var(txn.slot)] %s %ST %[date(0,us),sub(txn.t0)] %[var(txn.first)] %ts %B";

std::string GlobalText(const RenderOptions& options) {
  std::string out = fmt::format(
      "global\n"
      "  maxconn {}\n"
      "  stats socket unix@{}/{} mode 600 level admin expose-fd listeners\n"
      "  stats timeout 10s\n"
      "  hard-stop-after 5m\n"
      "  ssl-default-bind-options ssl-min-ver TLSv1.2\n",
      options.connections_max, options.folder, kAdminSocketName);
  if (!options.user.empty()) out += fmt::format("  user {}\n", options.user);
  if (!options.group.empty()) out += fmt::format("  group {}\n", options.group);
  return out;
}

std::string RingText(const Edge& edge) {
  if (edge.log_socket.empty()) return {};
  return fmt::format(
      "ring feed\n"
      "  format raw\n"
      "  maxlen 1024\n"
      "  size 8388608\n"
      "  timeout connect 1s\n"
      "  timeout server 10s\n"
      "  server feed unix@{}\n",
      edge.log_socket);
}

constexpr std::string_view kDefaults =
    "defaults\n"
    "  mode http\n"
    "  timeout connect 1s\n"
    "  timeout check 1s\n"
    "  timeout client 60s\n"
    "  timeout server 60s\n"
    "  timeout queue 5s\n"
    "  timeout http-request 10s\n"
    "  timeout http-keep-alive 60s\n"
    "  timeout tunnel 1h\n"
    "  retries 3\n"
    "  retry-on conn-failure\n"
    "  option redispatch 1\n"
    "  option idle-close-on-response\n"
    "  option dontlognull\n"
    "  option forwardfor\n"
    "  option allbackups\n"
    "  http-reuse safe\n"
    "  balance roundrobin\n";

// Host and path to rollout, then one route entry to a backend. The most exact entry wins: whole path before prefix, the
// host itself before a wildcard before every host.
std::string RequestRules(const std::string& folder) {
  const auto lookup = [&](std::string_view input, std::string_view name, std::string_view match) {
    return fmt::format("  http-request set-var(txn.rollout) {},map_{}({}/{}) if !{{ var(txn.rollout) -m found }}\n", input,
                       match, folder, name);
  };
  std::string out =
      "  http-request set-var(txn.t0) date(0,us)\n"
      "  http-request set-var(txn.host) req.hdr(host),field(1,:),lower\n"
      "  http-request set-var(txn.path) path\n";
  out += lookup("var(txn.host),concat(,txn.path)", kExactName, "str");
  out += lookup("var(txn.host),concat(,txn.path,/)", kPrefixName, "beg");
  out += "  http-request set-var(txn.host) var(txn.host),regsub(^[^.]*,*) if !{ var(txn.rollout) -m found }\n";
  out += lookup("var(txn.host),concat(,txn.path)", kExactName, "str");
  out += lookup("var(txn.host),concat(,txn.path,/)", kPrefixName, "beg");
  out += lookup("str(*),concat(,txn.path)", kExactName, "str");
  out += lookup("str(*),concat(,txn.path,/)", kPrefixName, "beg");
  out += fmt::format(
      "  http-request return status 404 content-type text/plain string \"No rollout serves this host and path.\\n\" "
      "if !{{ var(txn.rollout) -m found }}\n"
      "  http-request set-var(txn.route) var(txn.rollout),map_str({0}/{1})\n"
      "  http-request set-var(txn.rollout) var(txn.rollout),field(1,{3})\n"
      "  http-request set-var(txn.weight) var(txn.route),field(4,:),add(0)\n"
      "  http-request set-var(txn.slot) var(txn.route),field(2,:)\n"
      "  acl sticky var(txn.route),field(5,:) -m str sticky\n"
      "  http-request set-var(txn.client) req.cook({2}) if sticky\n"
      "  http-request set-var(txn.new_client) uuid if sticky !{{ var(txn.client) -m found }}\n"
      "  http-request set-var(txn.client) var(txn.new_client) if sticky !{{ var(txn.client) -m found }}\n"
      "  http-request set-var(txn.dice) var(txn.client),sdbm(1),mod(1000) if sticky\n"
      "  http-request set-var(txn.dice) rand(1000) if !sticky\n"
      "  acl canary var(txn.dice),sub(txn.weight) lt 0\n"
      "  http-request set-var(txn.slot) var(txn.route),field(3,:) if canary\n"
      // A kept connection to a process that just died takes a request before its end is seen, and that one cannot be tried
      // again. A fresh one is refused instead, and the request goes to stable. An upgrade keeps its own header.
      "  http-request set-header Connection close if canary !{{ req.hdr(Upgrade) -m found }}\n"
      "  http-request set-var(txn.backend) var(txn.rollout),concat(.s,txn.slot)\n"
      // Neither the canary nor a backup of it looks alive: only stable's backend has a last resort.
      "  http-request set-var(txn.slot) var(txn.route),field(2,:) if canary {{ var(txn.backend),nbsrv eq 0 }}\n"
      "  http-request set-var(txn.backend) var(txn.rollout),concat(.s,txn.slot)\n"
      "  http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}\n"
      "  http-response set-var(txn.first) date(0,us),sub(txn.t0)\n"
      "  http-after-response add-header Set-Cookie \"{2}=%[var(txn.new_client)]; Path=/; HttpOnly; SameSite=Lax\" "
      "if {{ var(txn.new_client) -m found }}\n"
      "  use_backend %[var(txn.backend)]\n",
      folder, kRoutesName, kCookieName, kSlotMark);
  return out;
}

std::string FrontendText(const Edge& edge, const RenderOptions& options) {
  std::string out = "frontend edge\n";
  for (std::size_t i = 0; i < edge.listeners.size(); ++i) {
    out += fmt::format("  bind fd@{}", kFirstListenerFd + static_cast<int>(i));
    if (edge.listeners[i].kind == ListenerKind::kTls) {
      out += fmt::format(" ssl crt-list {}/{} alpn h2,http/1.1", options.folder, kCertificateListName);
    }
    // Names the socket for people; HAProxy itself only sees the number.
    out += fmt::format(" name {}:{}\n", edge.listeners[i].host, edge.listeners[i].port);
  }
  if (!edge.log_socket.empty()) out += fmt::format("  log ring@feed local0\n  log-format \"{}\"\n", kLogFormat);
  return out + RequestRules(options.folder);
}

std::string BackendText(const EdgeRollout& rollout, int slot) {
  std::string out = fmt::format("backend {}\n", BackendName(rollout.name, slot));
  if (!rollout.check.http_path.empty()) {
    out += fmt::format(
        "  option httpchk\n"
        "  http-check send meth GET uri {} ver HTTP/1.1 hdr Host {}\n"
        "  http-check expect status 200-399\n",
        rollout.check.http_path, RolloutKey(rollout.name));
  }
  return out;
}

bool UsesTls(const Edge& edge) {
  return std::ranges::any_of(edge.listeners, [](const Listener& listener) { return listener.kind == ListenerKind::kTls; });
}

std::string CertificateListText(const Edge& edge, const std::string& folder) {
  std::string out = CertificatePath(folder, DefaultTls()) + "\n";
  for (const EdgeRollout& rollout : edge.rollouts) {
    for (const TlsRule& rule : rollout.tls) {
      out += fmt::format("{} {}\n", CertificatePath(folder, rule), fmt::join(rule.hosts, " "));
    }
  }
  return out;
}

}  // namespace

Structure StructureOf(const Edge& edge, const RenderOptions& options) {
  Structure out;
  out[""] = GlobalText(options) + RingText(edge) + std::string(kDefaults) + FrontendText(edge, options);
  // Certificates are read only at a start: another list is another structure.
  if (UsesTls(edge))
    out[""] += "# certificates " + Sha256Hex(CertificateListText(edge, options.folder)).substr(0, kDigestDigits) + "\n";
  for (const EdgeRollout& rollout : edge.rollouts) {
    for (int slot = 0; slot < rollout::kSlotsMax; ++slot) out[BackendName(rollout.name, slot)] = BackendText(rollout, slot);
  }
  return out;
}

std::string StructureDigest(const Structure& structure) {
  std::string all;
  for (const auto& [name, text] : structure) all += text;
  return Sha256Hex(all).substr(0, kDigestDigits);
}

EdgeFiles RenderFiles(const Edge& edge, const RenderOptions& options) {
  const Structure structure = StructureOf(edge, options);
  std::map<std::string, std::string> servers;
  for (const PlacedServer& server : PlaceServers(edge)) {
    servers[server.backend] += fmt::format("  server {} {} {}\n", server.name, server.address, ServerParameters(server));
  }
  EdgeFiles out;
  out.config =
      fmt::format("# Written by tuesday; changes are lost.\nglobal\n  description tuesday {}\n", StructureDigest(structure));
  for (const auto& [name, text] : structure) {
    out.config += text;
    if (const auto lines = servers.find(name); lines != servers.end()) out.config += lines->second;
  }
  out.routes = MapText(RouteEntries(edge));
  out.exact = MapText(ExactEntries(edge));
  out.prefix = MapText(PrefixEntries(edge));
  if (UsesTls(edge)) out.certificate_list = CertificateListText(edge, options.folder);
  return out;
}

std::string CertificatePath(const std::string& folder, const TlsRule& rule) {
  if (rule.certificate_pem.empty()) {
    return fmt::format("{}/certificates/self-{}.pem", folder,
                       Sha256Hex(fmt::format("{}", fmt::join(rule.hosts, " "))).substr(0, kDigestDigits));
  }
  return fmt::format("{}/certificates/given-{}.pem", folder, Sha256Hex(rule.certificate_pem).substr(0, kDigestDigits));
}

TlsRule DefaultTls() { return TlsRule{{"localhost"}, ""}; }

}  // namespace tuesday::haproxy
