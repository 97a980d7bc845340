// SPDX-License-Identifier: Apache-2.0
#include "adapters/haproxy/edge/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace tuesday::haproxy {
namespace {

constexpr std::size_t kDigestDigits = 16;

// A backend's name that no rollout can have: theirs have a dot.
constexpr std::string_view kNowhereName = "nowhere";

constexpr std::string_view kUnlessFound = " if !{ var(txn.rollout) -m found }";

// One line for each request; docs/formats/edge.md. No field holds a byte that a client chose. The process is who writes to the
// socket: HAProxy asks the kernel for `%pid` at every line.
constexpr std::string_view kLogFormat = "T2 %b %s %ST %[date(0,us),sub(txn.t0)] %[var(txn.first)] %ts %B";

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

// What the rules of a request have to look at. Each costs every request, so a rule is there only for an edge that needs it:
// plain rules are 12,000 instructions of HAProxy's for a request, with everything 24,000 (measured with callgrind).
struct Needs {
  bool exact = false;     // A whole path leads somewhere.
  bool wildcard = false;  // `*.example.com` does.
  bool any_host = false;
  bool one_slot = false;  // A host leads to one slot whatever the weight.
  bool sticky = false;
  bool tls = false;
};

bool UsesTls(const Edge& edge) {
  return std::ranges::any_of(edge.listeners, [](const Listener& listener) { return listener.kind == ListenerKind::kTls; });
}

Needs NeedsOf(const Edge& edge) {
  Needs out{.tls = UsesTls(edge)};
  for (const EdgeRollout& rollout : edge.rollouts) {
    out.sticky |= rollout.sticky;
    for (const IngressRule& rule : rollout.rules) {
      out.exact |= rule.exact_path;
      out.one_slot |= rule.slot >= 0;
      out.wildcard |= rule.host.starts_with("*.");
      out.any_host |= rule.host.empty() || rule.host == "*";
    }
  }
  return out;
}

// Host and path to rollout. The most exact entry wins: the host itself before a wildcard before every host, whole path before
// prefix. `host` is an expression.
std::string LookupRules(std::string_view host, const Needs& needs, const std::string& folder, std::string_view condition) {
  std::string out;
  const auto lookup = [&](std::string_view end, std::string_view match, std::string_view name) {
    out += fmt::format("  http-request set-var(txn.rollout) {},concat(,txn.path{}),map_{}({}/{}){}\n", host, end, match, folder,
                       name, out.empty() ? condition : kUnlessFound);
  };
  if (needs.exact) lookup("", "str", kExactName);
  lookup(",/", "beg", kPrefixName);
  return out;
}

std::string HostRules(const Needs& needs, const std::string& folder) {
  constexpr std::string_view kHost = "req.hdr(host),field(1,:),lower";
  std::string out = "  http-request set-var(txn.path) path\n" + LookupRules(kHost, needs, folder, "");
  if (needs.wildcard) {
    out += LookupRules(fmt::format("{},regsub(^[^.]*,*)", kHost), needs, folder, kUnlessFound);
  }
  if (needs.any_host) out += LookupRules("str(*)", needs, folder, kUnlessFound);
  return out;
}

// Which thousandth of the requests this one is.
std::string DiceRules(const Needs& needs) {
  if (!needs.sticky) return {};
  return fmt::format(
      "  acl sticky var(txn.route),field(5,:) -m str sticky\n"
      "  http-request set-var(txn.client) req.cook({0}) if sticky\n"
      "  http-request set-var(txn.new_client) uuid if sticky !{{ var(txn.client) -m found }}\n"
      "  http-request set-var(txn.client) var(txn.new_client) if sticky !{{ var(txn.client) -m found }}\n"
      "  http-request set-var(txn.dice) rand(1000)\n"
      "  http-request set-var(txn.dice) var(txn.client),sdbm(1),mod(1000) if sticky\n"
      "  http-after-response add-header Set-Cookie \"{0}=%[var(txn.new_client)]; Path=/; HttpOnly; SameSite=Lax\" "
      "if {{ var(txn.new_client) -m found }}\n",
      kCookieName);
}

// One entry of a map is the whole route: `EPOCH:STABLE:CANARY:WEIGHT`.
std::string RequestRules(const Edge& edge, const std::string& folder) {
  const Needs needs = NeedsOf(edge);
  std::string out = "  http-request set-var(txn.t0) date(0,us)\n" + HostRules(needs, folder);
  out += fmt::format(
      "  http-request set-var(txn.route) var(txn.rollout),map_str({}/{})\n"
      "  http-request set-var(txn.weight) var(txn.route),field(4,:),add(0)\n",
      folder, kRoutesName);
  if (needs.one_slot) out += fmt::format("  http-request set-var(txn.rollout) var(txn.rollout),field(1,{})\n", kSlotMark);
  out += DiceRules(needs);
  out += fmt::format("  http-request set-var(txn.canary) var(txn.route),field(3,:) if {{ {},sub(txn.weight) lt 0 }}\n",
                     needs.sticky ? "var(txn.dice)" : "rand(1000)");
  // A kept connection to a process that just died takes a request before its end is seen, and that one cannot be tried
  // again. A fresh one is refused instead, and the request goes to stable. An upgrade keeps its own header.
  out += "  http-request set-header Connection close if { var(txn.canary) -m found } !{ req.hdr(Upgrade) -m found }\n";
  if (needs.tls) out += "  http-request set-header X-Forwarded-Proto https if { ssl_fc }\n";
  out +=
      "  http-response set-var(txn.first) date(0,us),sub(txn.t0)\n"
      // Neither the canary nor a backup of it looks alive: only stable's backend has a last resort.
      "  use_backend %[var(txn.rollout)].s%[var(txn.canary)] "
      "if { var(txn.canary) -m found } { var(txn.rollout),concat(.s,txn.canary),nbsrv gt 0 }\n"
      "  use_backend %[var(txn.rollout)].s%[var(txn.route),field(2,:)]\n";
  return out + fmt::format("  default_backend {}\n", kNowhereName);
}

// Where a request goes that no rollout serves.
std::string NowhereText(const std::string& folder) {
  return fmt::format(
      "backend {}\n"
      // HAProxy knows only maps that a rule names, and this one is read back whether the frontend needs it or not.
      "  http-request set-var(txn.exact) path,map_str({}/{}) if FALSE\n"
      "  http-request return status 503 content-type text/plain string \"The route is not there.\\n\" "
      "if {{ var(txn.rollout) -m found }}\n"
      "  http-request return status 404 content-type text/plain string \"No rollout serves this host and path.\\n\"\n",
      kNowhereName, folder, kExactName);
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
  return out + RequestRules(edge, options.folder) + NowhereText(options.folder);
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
