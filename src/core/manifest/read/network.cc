// SPDX-License-Identifier: Apache-2.0
// Service (core/v1) and Ingress (networking.k8s.io/v1) of Kubernetes 1.30.
#include <fmt/format.h>

#include <array>
#include <set>

#include "core/manifest/read/readers.h"

namespace tuesday::manifest {
namespace {

using enum KeyUse;

constexpr auto kServiceKeys = std::to_array<Key>({
    {"allocateLoadBalancerNodePorts", kSilent},
    {"clusterIP", kSilent},
    {"clusterIPs", kSilent},
    {"externalIPs", kNoEffect},
    {"externalName", kNoEffect},
    {"externalTrafficPolicy", kSilent},
    {"healthCheckNodePort", kNoEffect},
    {"internalTrafficPolicy", kSilent},
    {"ipFamilies", kSilent},
    {"ipFamilyPolicy", kSilent},
    {"loadBalancerClass", kNoEffect},
    {"loadBalancerIP", kNoEffect},
    {"loadBalancerSourceRanges", kNoEffect},
    {"ports"},
    {"publishNotReadyAddresses", kNoEffect},
    {"selector"},
    {"sessionAffinity", kNoEffect},
    {"sessionAffinityConfig", kNoEffect},
    {"trafficDistribution", kNoEffect},
    {"type", kSilent},
});
constexpr auto kPortKeys =
    std::to_array<Key>({{"appProtocol", kSilent}, {"name"}, {"nodePort", kNoEffect}, {"port"}, {"protocol"}, {"targetPort"}});
constexpr auto kIngressKeys = std::to_array<Key>({{"defaultBackend"}, {"ingressClassName", kSilent}, {"rules"}, {"tls"}});
constexpr auto kTlsKeys = std::to_array<Key>({{"hosts"}, {"secretName"}});
constexpr auto kRuleKeys = std::to_array<Key>({{"host"}, {"http"}});
constexpr auto kHttpKeys = std::to_array<Key>({{"paths"}});
constexpr auto kPathKeys = std::to_array<Key>({{"backend"}, {"path"}, {"pathType"}});
constexpr auto kBackendKeys = std::to_array<Key>({{"resource", kNoEffect}, {"service"}});
constexpr auto kBackendServiceKeys = std::to_array<Key>({{"name"}, {"port"}});
constexpr auto kBackendPortKeys = std::to_array<Key>({{"name"}, {"number"}});

void ReadBackend(Fields& owner, std::string_view key, IngressPath& out) {
  if (owner.Require(key) == nullptr) return;
  const YamlNode* node = owner.FindMapping(key);
  if (node == nullptr) return;
  Notes& notes = owner.notes();
  Fields backend(notes, *node, owner.PathOf(key), kBackendKeys);
  if (backend.Require("service") == nullptr) return;
  const YamlNode* service_node = backend.FindMapping("service");
  if (service_node == nullptr) return;
  Fields service(notes, *service_node, backend.PathOf("service"), kBackendServiceKeys);
  if (service.Require("name") != nullptr) service.Read("name", out.service);
  if (service.Require("port") == nullptr) return;
  const YamlNode* port_node = service.FindMapping("port");
  if (port_node == nullptr) return;
  Fields port(notes, *port_node, service.PathOf("port"), kBackendPortKeys);
  int number = 0;
  const bool named = port.Read("name", out.service_port);
  const bool numbered = port.Read("number", number, {1, 65535});
  if (numbered) out.service_port = std::to_string(number);
  if (named == numbered && port.Find("name") != nullptr && port.Find("number") != nullptr) {
    notes.Error(*port_node, "exactly-one", fmt::format("`{}` has both a name and a number.", port.path()),
                "Keep one of the two.");
  }
  if (port.Find("name") == nullptr && port.Find("number") == nullptr) port.Require("number");
}

void ReadPath(Notes& notes, const YamlNode& node, const std::string& path, const std::string& host, Ingress& out) {
  Fields fields(notes, node, path, kPathKeys);
  IngressPath read;
  read.host = host;
  std::string type = "ImplementationSpecific";
  fields.Read("path", read.path);
  if (fields.Require("pathType") != nullptr && fields.Read("pathType", type)) {
    read.exact = type == "Exact";
    if (type != "Exact" && type != "Prefix" && type != "ImplementationSpecific") {
      notes.Error(*fields.Find("pathType"), "unknown-value", fmt::format("`{}` is \"{}\".", fields.PathOf("pathType"), type),
                  "It must be Exact, Prefix or ImplementationSpecific.");
    }
  }
  if (!read.path.starts_with('/')) {
    const YamlNode* at = fields.Find("path");
    notes.Error(at == nullptr ? node : *at, "out-of-range", fmt::format("`{}` is \"{}\".", fields.PathOf("path"), read.path),
                "A path begins with \"/\".");
  } else if (read.path.ends_with("/*")) {
    // The form of AWS' and Google's controllers; a prefix means the same here.
    read.path.resize(read.path.size() - 1);
    notes.Note(*fields.Find("path"), "star-path",
               fmt::format("`{}` is read as the prefix \"{}\".", fields.PathOf("path"), read.path));
  }
  ReadBackend(fields, "backend", read);
  out.paths.push_back(std::move(read));
}

}  // namespace

Service ReadService(Notes& notes, const YamlNode& node) {
  Fields spec(notes, node, "spec", kServiceKeys);
  Service out;
  spec.Read("selector", out.selector);
  std::set<std::string> names;
  spec.Each("ports", [&](const YamlNode& item, const std::string& path) {
    Fields fields(notes, item, path, kPortKeys);
    ServicePort port;
    fields.Read("name", port.name);
    if (fields.Require("port") != nullptr) fields.Read("port", port.port, {1, 65535});
    fields.ReadIntOrText("targetPort", port.target_port);
    std::string protocol = "TCP";
    fields.Read("protocol", protocol);
    if (protocol != "TCP" && protocol != "UDP" && protocol != "SCTP") {
      notes.Error(item, "unknown-value", fmt::format("`{}.protocol` is \"{}\".", path, protocol),
                  "It must be TCP, UDP or SCTP.");
    }
    if (!names.insert(port.name).second) {
      notes.Error(item, "duplicate-name", fmt::format("Two ports of `{}` are called \"{}\".", spec.path(), port.name),
                  "Give each of several ports a name of its own.");
    }
    out.ports.push_back(std::move(port));
  });
  return out;
}

Ingress ReadIngress(Notes& notes, const YamlNode& node) {
  Fields spec(notes, node, "spec", kIngressKeys);
  Ingress out;
  spec.Each("rules", [&](const YamlNode& item, const std::string& path) {
    Fields rule(notes, item, path, kRuleKeys);
    std::string host;
    rule.Read("host", host);
    const YamlNode* http_node = rule.FindMapping("http");
    if (http_node == nullptr) return;
    Fields http(notes, *http_node, rule.PathOf("http"), kHttpKeys);
    http.Require("paths");
    http.Each("paths",
              [&](const YamlNode& entry, const std::string& entry_path) { ReadPath(notes, entry, entry_path, host, out); });
  });
  if (spec.Find("defaultBackend") != nullptr) {
    IngressPath rest;
    ReadBackend(spec, "defaultBackend", rest);
    out.paths.push_back(std::move(rest));
  }
  spec.Each("tls", [&](const YamlNode& item, const std::string& path) {
    Fields fields(notes, item, path, kTlsKeys);
    IngressTls tls;
    fields.Read("hosts", tls.hosts);
    fields.Read("secretName", tls.secret);
    out.tls.push_back(std::move(tls));
  });
  if (spec.Find("rules") == nullptr && spec.Find("defaultBackend") == nullptr) {
    notes.Error(node, "missing-field", "`spec` has neither `rules` nor `defaultBackend`.", "Add `rules:`.");
  }
  return out;
}

}  // namespace tuesday::manifest
