// SPDX-License-Identifier: Apache-2.0
// The door of the API: finds out who asks, has core/access decide, and writes refused acts into the journal. Keeps the tokens;
// of their secrets only hashes are anywhere. Loop thread only; what blocks goes through the executor.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/server/routes.h"
#include "control/executor.h"
#include "core/access/throttle.h"
#include "core/access/token.h"
#include "ports/clock.h"
#include "ports/store.h"

namespace tuesday::server {

struct DoorParts {
  Store& store;
  control::Executor& executor;
  const Clock& clock;
  uid_t own_uid = 0;
};

struct DoorSettings {
  access::Role group_role = access::Role::kViewer;  // Of who may open the socket and is neither root nor the daemon's user.
  int failed_logins_max = access::kFailedLoginsDefault;
};

// What an allowed request goes on with, or how it is answered.
struct Passage {
  std::optional<access::Caller> caller;
  http::HttpResponse refusal;
};

class Door {
 public:
  template <typename T>
  using Done = std::function<void(Result<T>)>;

  explicit Door(DoorParts parts) : parts_(parts) {}

  // Reads the tokens; blocks. A token that does not read back is an error: who may come in is never guessed.
  Result<void> Load();

  void Set(const DoorSettings& settings);

  // Decides a request for a route that is served on its listener.
  Passage Ask(const http::HttpRequest& request, const Route& route, const std::map<std::string, std::string>& path_parts);

  // Asked object by object what the body of a request names.
  std::function<Result<void>(const ObjectName&)> PermitOf(const access::Caller& caller, access::Role role) const;

  // Writes a refused act down, unless too many were lately.
  void WriteRefusal(const http::HttpRequest& request, const std::string& by, const std::string& reason);

  // Writes down why somebody acted, where the act itself has no place for it. An empty reason is none.
  struct Acted {
    std::string by;
    std::string act;  // Method and path.
    std::string reason;
    ObjectName about;
    std::string kind;  // Of the entry: "release.reason".
    std::string what;  // "release 7 was made".
  };
  void WriteReason(const Acted& acted);

  struct NewToken {
    std::string name;
    access::Role role = access::Role::kViewer;
    Namespace ns;
    Duration life{};
    std::string by;
    std::string reason;
  };
  struct MadeToken {
    access::Token token;
    std::string secret;  // Shown once, kept nowhere.
  };
  void Create(const NewToken& wanted, Done<MadeToken> done);
  void Revoke(const std::string& name, const std::string& by, const std::string& reason, Done<access::Token> done);
  const std::vector<access::Token>& tokens() const { return tokens_; }

  std::uint64_t refused() const { return refused_; }

 private:
  struct Found {
    std::optional<access::Caller> caller;
    std::optional<Passage> refusal;  // Of a token that nobody knows, or in a form that is never taken.
  };
  Passage Decide(const http::HttpRequest& request, const Route& route, const std::map<std::string, std::string>& path_parts);
  Found WhoAsks(const http::HttpRequest& request);
  Found OfToken(const http::HttpRequest& request);
  void Commit(const access::Token& token, audit::Entry entry, std::function<void(const Result<void>&)> done);
  void Keep(const access::Token& token);

  DoorParts parts_;
  DoorSettings settings_;
  std::vector<access::Token> tokens_;
  access::LoginThrottle throttle_;
  access::RefusalBudget budget_;
  std::uint64_t refused_ = 0;
};

}  // namespace tuesday::server
