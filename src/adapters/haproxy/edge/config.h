// SPDX-License-Identifier: Apache-2.0
// Renders the edge as HAProxy's files. Pure: equal edges give equal bytes, so that what is on disk can be compared with
// what should be there. What may change in a running HAProxy (routes, hosts, servers) is kept apart from what may not
// (listeners, backends, certificates): the latter is the structure, and only a change of it needs a reload.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/haproxy/edge/edge.h"

namespace tuesday::haproxy {

// What is true of the machine and not of the edge.
struct RenderOptions {
  std::string folder;  // Where all files are, absolute.
  std::string user;    // HAProxy gives up its rights for these; empty: it stays who it is.
  std::string group;
  int connections_max = 4096;
};

// The first listening socket is inherited under this number, the next under the one above.
constexpr int kFirstListenerFd = 10;

constexpr std::string_view kConfigName = "haproxy.cfg";
constexpr char kSlotMark = '+';                         // "default.api+s1": one slot, whatever the route's weight.
constexpr std::string_view kRoutesName = "routes.map";  // Rollout -> route.
constexpr std::string_view kExactName = "exact.map";    // Host and whole path -> rollout.
constexpr std::string_view kPrefixName = "prefix.map";  // Host and beginning of a path -> rollout; the longest wins.
constexpr std::string_view kCertificateListName = "certificates.list";
constexpr std::string_view kAdminSocketName = "admin.sock";
constexpr std::string_view kCookieName = "tuesday";

// What a server is for in its backend. Backups are servers of the stable slot and are sent to when no own server is up.
enum class ServerRole {
  kOwn,         // Of the backend's slot.
  kBackup,      // In the canary's backend: also for a request whose connection was just refused.
  kLastResort,  // In the stable slot's own backend: without a check, because a machine that is short of CPU can make all
                // checks fail at once, and a server that looks dead is better than none.
};

struct PlacedServer {
  std::string backend;
  std::string name;     // The instance; of a backup or last resort "SLOT:instance".
  std::string address;  // host:port
  ServerRole role = ServerRole::kOwn;
  friend bool operator==(const PlacedServer&, const PlacedServer&) = default;
};

// Where a server's name leads: the slot is that of the instance, which for a backup is not the backend's.
struct ServerName {
  int slot = -1;  // -1: the backend's own slot.
  std::string_view instance;
};
ServerName ParseServerName(std::string_view name);

// Every server of the edge, in the order of the configuration.
std::vector<PlacedServer> PlaceServers(const Edge& edge);

// The words after the address in a `server` line and in `add server`.
std::string ServerParameters(const PlacedServer& server);

using MapEntries = std::map<std::string, std::string>;
MapEntries RouteEntries(const Edge& edge);

// When two rollouts want the same host and path, the first by name has it.
MapEntries ExactEntries(const Edge& edge);
MapEntries PrefixEntries(const Edge& edge);
std::string MapText(const MapEntries& entries);

// Sections of the configuration without servers: "" is everything up to the frontend, then one for each backend.
using Structure = std::map<std::string, std::string>;
Structure StructureOf(const Edge& edge, const RenderOptions& options);

// 16 hex digits; a running HAProxy shows it as its description.
std::string StructureDigest(const Structure& structure);

struct EdgeFiles {
  std::string config;
  std::string routes;
  std::string exact;
  std::string prefix;
  std::string certificate_list;
  friend bool operator==(const EdgeFiles&, const EdgeFiles&) = default;
};
EdgeFiles RenderFiles(const Edge& edge, const RenderOptions& options);

// Where the certificate for these hosts is kept. Its name is derived from its content or, self-signed, from its hosts.
std::string CertificatePath(const std::string& folder, const TlsRule& rule);

// What every TLS listener offers when no other name fits.
TlsRule DefaultTls();

}  // namespace tuesday::haproxy
