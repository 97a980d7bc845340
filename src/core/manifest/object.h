// SPDX-License-Identifier: Apache-2.0
// Kubernetes objects as typed values. A reader fills these from YAML; everything that a user wrote and that has no typed
// field is either an error with the nearest known key or kept in `raw` and shown.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/source.h"
#include "base/yaml.h"
#include "core/manifest/analysis.h"
#include "core/manifest/pod.h"
#include "core/manifest/rollout.h"

namespace tuesday::manifest {

struct Metadata {
  std::string name;
  std::string ns;  // Empty: the caller's namespace.
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

struct ServicePort {
  std::string name;
  int port = 0;
  std::string target_port;  // Number or name; empty: `port`.
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};
struct Service {
  std::map<std::string, std::string> selector;
  std::vector<ServicePort> ports;
  friend bool operator==(const Service&, const Service&) = default;
};

struct IngressPath {
  std::string host;  // Empty: every host.
  std::string path = "/";
  bool exact = false;
  std::string service;
  std::string service_port;
  friend bool operator==(const IngressPath&, const IngressPath&) = default;
};
struct IngressTls {
  std::vector<std::string> hosts;
  std::string secret;
  friend bool operator==(const IngressTls&, const IngressTls&) = default;
};
struct Ingress {
  std::vector<IngressPath> paths;
  std::vector<IngressTls> tls;
  friend bool operator==(const Ingress&, const Ingress&) = default;
};

// Values decoded. A Secret's are never printed.
struct ConfigMap {
  std::map<std::string, std::string> data;
  friend bool operator==(const ConfigMap&, const ConfigMap&) = default;
};
struct Secret {
  std::string type = "Opaque";
  std::map<std::string, std::string> data;
  friend bool operator==(const Secret&, const Secret&) = default;
};

// The `spec` of a PrometheusRule, kept as a node: core/rules reads it, with positions.
struct PrometheusRule {
  YamlNode spec;
};

// A kind that tuesday does not act on: kept and shown.
struct Foreign {
  YamlNode node;
};

struct Object {
  std::string api_version;
  std::string kind;
  Metadata metadata;
  SourcePos at;
  // As written, for positions and for showing foreign objects; null for an object that no file gave. A Secret's holds its
  // values: never print it.
  std::shared_ptr<const YamlNode> raw;
  std::variant<Foreign, Rollout, Service, Ingress, AnalysisTemplate, PrometheusRule, ConfigMap, Secret> body;
  // AnalysisTemplate and ClusterAnalysisTemplate share a body; `kind` tells them apart.
};

// All objects of a text and everything that there is to say about it. Objects with errors are left out of `objects`.
struct ReadResult {
  std::vector<Object> objects;
  std::vector<Finding> findings;
};

// Reads a multi-document stream, with `List`s flattened.
ReadResult ReadManifests(std::string_view text, std::string_view file);

// `success-rate`, `error-rate` and `latency-p99`: ClusterAnalysisTemplates that exist without a file.
const std::vector<Object>& BuiltInTemplates();

}  // namespace tuesday::manifest
