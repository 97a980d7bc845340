// SPDX-License-Identifier: Apache-2.0
#include "app/server/routes.h"

#include "app/server/api.h"
#include "app/server/oidc/oidc_api.h"
#include "app/server/runs/environment_api.h"
#include "app/server/runs/run_api.h"
#include "wire/api/status.h"

namespace tuesday::server {
namespace {

using access::Access;
using access::Role;
using access::Scope;

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/', 1);
    parts.push_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  return parts;
}

bool Matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& parts) {
  const std::vector<std::string_view> wanted = Split(pattern);
  const std::vector<std::string_view> given = Split(path);
  if (wanted.size() != given.size()) return false;
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool variable = wanted[i].starts_with("/{");
    if (!variable && wanted[i] != given[i]) return false;
    if (variable && given[i].size() < 2) return false;
    if (variable) found.emplace(wanted[i].substr(2, wanted[i].size() - 3), given[i].substr(1));
  }
  parts = std::move(found);
  return true;
}

// What an address needs. docs/guide/api.md reads these names too.
constexpr Access anyone = {std::nullopt, Scope::kNone};
constexpr Access any_token = {Role::kViewer, Scope::kNone};
constexpr Access views = {Role::kViewer, Scope::kPath};
constexpr Access views_asked = {Role::kViewer, Scope::kQuery};
constexpr Access views_all = {Role::kViewer, Scope::kAll};
constexpr Access deploys = {Role::kDeployer, Scope::kPath};
constexpr Access deploys_given = {Role::kDeployer, Scope::kBody};
constexpr Access deploys_all = {Role::kDeployer, Scope::kAll};
constexpr Access approves = {Role::kApprover, Scope::kPath};
constexpr Access administers = {Role::kAdmin, Scope::kPath};
constexpr Access administers_given = {Role::kAdmin, Scope::kBody};
constexpr Access administers_all = {Role::kAdmin, Scope::kAll};

std::vector<Route> MakeRoutes() {
  // The socket is for those who are on the machine; tokens reach "api"; whoever reaches "metrics" may only ask how we are,
  // and "public" shows what everybody may know.
  const std::vector<std::string> socket = {"admin"};
  const std::vector<std::string> remote = {"admin", "api"};
  const std::vector<std::string> all = {"admin", "api", "metrics"};
  const std::vector<std::string> everybody = {"admin", "api", "public"};
  const auto act = [](rollout::Verb verb) { return [verb](Api& api, Call call) { api.Act(std::move(call), verb); }; };
  return {
      {"GET", "/healthz", all, anyone, "Whether the process answers.",
       [](Api& api, Call call) { api.Healthz(std::move(call)); }},
      {"GET", "/readyz", all, anyone, "Whether the state is loaded and the fleet keeps itself going.",
       [](Api& api, Call call) { api.Readyz(std::move(call)); }},
      {"GET", "/metrics", all, any_token, "About the daemon itself, in Prometheus' text format.",
       [](Api& api, Call call) { api.Metrics(std::move(call)); }},
      {"GET", "/v1/openapi.json", remote, any_token, "This description.",
       [](Api&, Call call) { SendJson(*call.responder, OpenApi()); }},
      {"GET", "/v1/status", remote, views_asked, "One row a rollout; the disk, the edge, the last rollback.",
       [](Api& api, Call call) { api.GetStatus(std::move(call)); }},
      {"POST", "/v1/apply", remote, deploys_given, "Takes manifests: all of them or none.",
       [](Api& api, Call call) { api.Apply(std::move(call), Api::Effect::kApply); }},
      {"POST", "/v1/plan", remote, deploys_given, "Says what apply would do.",
       [](Api& api, Call call) { api.Apply(std::move(call), Api::Effect::kPlan); }},
      {"POST", "/v1/delete", remote, administers_given, "Takes objects away: all that are named or none.",
       [](Api& api, Call call) { api.Delete(std::move(call)); }},
      {"GET", "/v1/images", remote, views_all, "What image names stand for.",
       [](Api& api, Call call) { api.ListImages(std::move(call)); }},
      {"POST", "/v1/images", remote, deploys_all, "Binds an image name to an artifact.",
       [](Api& api, Call call) { api.BindImage(std::move(call)); }},
      {"GET", "/v1/rollouts", remote, views_asked, "All rollouts of all namespaces.",
       [](Api& api, Call call) { api.ListRollouts(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/rollouts", remote, views, "The rollouts of a namespace.",
       [](Api& api, Call call) { api.ListRollouts(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/rollouts/{name}", remote, views, "Everything about one rollout.",
       [](Api& api, Call call) { api.GetRollout(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/rollouts/{name}/watch", remote, views, "The same as a stream of events, one at each change.",
       [](Api& api, Call call) { api.WatchRollout(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/promote", remote, approves, "Ends the step under way.",
       act(rollout::Verb::kPromote)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/promote-full", remote, approves, "Skips all that is left.",
       act(rollout::Verb::kPromoteFull)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/abort", remote, deploys, "Gives the new revision up.",
       act(rollout::Verb::kAbort)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/retry", remote, deploys, "Tries an aborted revision again.",
       act(rollout::Verb::kRetry)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/pause", remote, deploys, "Halts steps and scaling.",
       act(rollout::Verb::kPause)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/resume", remote, deploys, "Ends a pause that somebody said.",
       act(rollout::Verb::kResume)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/restart", remote, deploys, "Starts all instances anew, a batch at a time.",
       act(rollout::Verb::kRestart)},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/set-image", remote, deploys, "Starts a new version with another image.",
       [](Api& api, Call call) { api.SetImage(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/undo", remote, deploys,
       "Goes back to a revision that is kept, by the strategy.", [](Api& api, Call call) { api.Undo(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/rollback", remote, deploys,
       "Takes the present version back by the shortest way.", [](Api& api, Call call) { api.Rollback(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/rollouts/{name}/logs", remote, views, "What its instances wrote.",
       [](Api& api, Call call) { api.Logs(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/rollouts/{name}/exec", socket, administers,
       "The way into an instance, for a command of this machine.", [](Api& api, Call call) { api.Exec(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/secrets", remote, deploys, "Names and keys of secrets; values never come back.",
       [](Api& api, Call call) { api.ListSecrets(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/secrets/{name}", remote, deploys, "Sets one key of a secret.",
       [](Api& api, Call call) { api.SetSecret(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/secrets/{name}/remove", remote, administers, "Takes a secret or one of its keys away.",
       [](Api& api, Call call) { api.RemoveSecret(std::move(call)); }},
      {"GET", "/v1/repositories", remote, views_asked, "The repositories that teams push to.",
       [](Api& api, Call call) { api.runs().ListRepositories(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories", remote, deploys, "Makes a repository.",
       [](Api& api, Call call) { api.runs().CreateRepository(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/remove", remote, administers,
       "Takes a repository away, with everything in it.",
       [](Api& api, Call call) { api.runs().RemoveRepository(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/tokens", remote, administers,
       "Says which of its workflows may have tokens for clouds, and what stands in them.",
       [](Api& api, Call call) { api.oidc().SetRepository(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/dispatch", remote, deploys, "Begins a workflow by hand.",
       [](Api& api, Call call) { api.runs().Dispatch(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/repositories/{name}/environments", remote, views, "Environments and their rules.",
       [](Api& api, Call call) { api.environments().List(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/environments", remote, administers,
       "Makes an environment, or puts these rules in the place of its own.",
       [](Api& api, Call call) { api.environments().Set(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/environments/{environment}/remove", remote, administers,
       "Takes the rules of an environment away.", [](Api& api, Call call) { api.environments().Remove(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/environments/{environment}/freeze", remote, deploys,
       "Lets no release to an environment begin.", [](Api& api, Call call) { api.environments().Freeze(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/repositories/{name}/environments/{environment}/thaw", remote, approves, "Ends a freeze.",
       [](Api& api, Call call) { api.environments().Thaw(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/repositories/{name}/environments/{environment}/deployments", remote, views,
       "What was released to an environment, newest first.",
       [](Api& api, Call call) { api.environments().Deployments(std::move(call)); }},
      {"POST", "/v1/repositories/{name}/observe", socket, administers_all,
       "Looks at a repository; what its hooks ask after a push.",
       [](Api& api, Call call) { api.runs().Observe(std::move(call)); }},
      {"GET", "/v1/runs", remote, views_asked, "The runs of workflows, newest first.",
       [](Api& api, Call call) { api.runs().ListRuns(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/runs/{id}", remote, views, "One run: its jobs, their steps, what it stored.",
       [](Api& api, Call call) { api.runs().GetRun(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/runs/{id}/watch", remote, views,
       "A stream of its changes from the begin, and of logs that grow.",
       [](Api& api, Call call) { api.runs().WatchRun(std::move(call)); }},
      {"GET", "/v1/namespaces/{ns}/runs/{id}/log", remote, views, "A piece of the log of one step, as text.",
       [](Api& api, Call call) { api.runs().ReadLog(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/runs/{id}/cancel", remote, deploys, "Ends a run.",
       [](Api& api, Call call) { api.runs().CancelRun(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/runs/{id}/rerun", remote, deploys, "Begins a run again, whole or where it failed.",
       [](Api& api, Call call) { api.runs().RerunRun(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/runs/{id}/approve", remote, deploys, "Lets a change run whose author may not begin runs.",
       [](Api& api, Call call) { api.runs().ApproveRun(std::move(call)); }},
      {"POST", "/v1/namespaces/{ns}/runs/{id}/review", remote, approves,
       "Approves or rejects a release that waits for its environment.",
       [](Api& api, Call call) { api.environments().Review(std::move(call)); }},
      {"GET", "/git/{repository}/info/refs", remote, any_token, "git over HTTP: the refs.",
       [](Api& api, Call call) { api.runs().Git(std::move(call)); }},
      {"POST", "/git/{repository}/git-upload-pack", remote, any_token, "git over HTTP: fetch.",
       [](Api& api, Call call) { api.runs().Git(std::move(call)); }},
      {"POST", "/git/{repository}/git-receive-pack", remote, any_token, "git over HTTP: push.",
       [](Api& api, Call call) { api.runs().Git(std::move(call)); }},
      {"GET", "/v1/audit", remote, views_asked, "The journal, oldest entry first.",
       [](Api& api, Call call) { api.Audit(std::move(call)); }},
      {"GET", "/prometheus/api/v1/query", remote, views_all, "An instant query, as Prometheus answers it.",
       [](Api& api, Call call) { api.Query(std::move(call)); }},
      {"GET", "/prometheus/api/v1/query_range", remote, views_all, "A range query, as Prometheus answers it.",
       [](Api& api, Call call) { api.QueryRange(std::move(call)); }},
      {"GET", "/.well-known/openid-configuration", everybody, anyone, "How tokens of jobs are verified (OpenID Connect).",
       [](Api& api, Call call) { api.oidc().Discovery(std::move(call)); }},
      {"GET", "/.well-known/jwks", everybody, anyone, "The keys by which tokens of jobs are signed (JWKS).",
       [](Api& api, Call call) { api.oidc().KeySet(std::move(call)); }},
      {"GET", "/v1/oidc/keys", remote, views_all, "The keys by which tokens of jobs are signed, and since when.",
       [](Api& api, Call call) { api.oidc().ListKeys(std::move(call)); }},
      {"POST", "/v1/oidc/rotate", remote, administers_all, "Brings the next of these keys.",
       [](Api& api, Call call) { api.oidc().Rotate(std::move(call)); }},
      {"GET", "/v1/tokens", remote, administers_all, "The tokens, without their secrets.",
       [](Api& api, Call call) { api.ListTokens(std::move(call)); }},
      {"POST", "/v1/tokens", socket, administers_all, "Makes a token and shows its secret, once.",
       [](Api& api, Call call) { api.CreateToken(std::move(call)); }},
      {"POST", "/v1/tokens/{name}/revoke", remote, administers_all, "Ends a token at once.",
       [](Api& api, Call call) { api.RevokeToken(std::move(call)); }},
  };
}

}  // namespace

const std::vector<Route>& Routes() {
  static const std::vector<Route> kRoutes = MakeRoutes();
  return kRoutes;
}

const Route* FindRoute(const std::string& method, const std::string& path, std::map<std::string, std::string>& parts) {
  for (const Route& route : Routes()) {
    if (route.method == method && Matches(route.pattern, path, parts)) return &route;
  }
  return nullptr;
}

bool PathIsKnown(const std::string& path) {
  std::map<std::string, std::string> parts;
  for (const Route& route : Routes()) {
    if (Matches(route.pattern, path, parts)) return true;
  }
  return false;
}

Json OpenApi() {
  Json::Object paths;
  for (const Route& route : Routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    Json::Array parameters;
    for (const std::string_view part : Split(route.pattern)) {
      if (!part.starts_with("/{")) continue;
      parameters.emplace_back(Json::Object{{"name", part.substr(2, part.size() - 3)},
                                           {"in", "path"},
                                           {"required", true},
                                           {"schema", Json::Object{{"type", "string"}}}});
    }
    Json operation(Json::Object{
        {"summary", route.summary},
        {"parameters", std::move(parameters)},
        {"responses",
         Json::Object{{"200", Json::Object{{"description", "The answer."}}},
                      {"default", Json::Object{{"description", "An error: {\"error\": {code, message, hint}}."}}}}}});
    Json& path = paths[route.pattern];
    if (path.is_null()) path = Json(Json::Object());
    path.as_object()->emplace(method, std::move(operation));
  }
  return Json(Json::Object{
      {"openapi", "3.1.0"}, {"info", Json::Object{{"title", "tuesday"}, {"version", "1"}}}, {"paths", std::move(paths)}});
}

void SendJson(http::Responder& responder, const Json& json, int status) {
  responder.Send({.status = status, .headers = {{"Content-Type", "application/json"}}, .body = CanonicalJson(json) + "\n"});
}

void SendError(http::Responder& responder, const Error& error) {
  SendJson(responder, api::ErrorJson(error), api::HttpStatusOf(error.code));
}

}  // namespace tuesday::server
