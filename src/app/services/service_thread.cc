// SPDX-License-Identifier: Apache-2.0
#include "app/services/service_thread.h"

#include <thread>

#include "adapters/http/loop.h"
#include "adapters/http/server.h"

namespace tuesday::services {
namespace {

constexpr std::size_t kConnectionsMax = 32;

}  // namespace

struct ServiceThread::Impl {
  Impl(const ServiceSettings& settings, const Clock& clock)
      : services(settings, clock),
        server(std::make_unique<http::HttpServer>(
            loop,
            [this](const http::HttpRequest& request, const std::shared_ptr<http::Responder>& responder) {
              responder->Send(services.Answer(request));
            },
            http::ServerLimits{.connections_max = kConnectionsMax})) {
    // Beside the uploads that it becomes part of: then it need not be copied.
    server->SetBodyPolicy([this](const http::HttpRequest& head) { return services.PolicyOf(head); }, settings.artifacts_folder);
  }

  http::Loop loop;
  ActionServices services;
  std::unique_ptr<http::HttpServer> server;
  std::jthread thread;
};

ServiceThread::ServiceThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ServiceThread>> ServiceThread::Start(const ServiceSettings& settings, const Clock& clock,
                                                            const std::string& socket) {
  auto impl = std::make_unique<Impl>(settings, clock);
  TRY_OK(impl->server->ListenUnix("services", socket));
  impl->thread = std::jthread([loop = &impl->loop] { loop->Run(); });
  return std::unique_ptr<ServiceThread>(new ServiceThread(std::move(impl)));
}

ServiceThread::~ServiceThread() {
  // What the server ends calls back once more before the loop stops.
  impl_->loop.Post([this] {
    impl_->server.reset();
    impl_->loop.Post([this] { impl_->loop.Stop(); });
  });
  impl_->thread.join();
}

}  // namespace tuesday::services
