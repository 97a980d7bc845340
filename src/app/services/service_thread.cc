// SPDX-License-Identifier: Apache-2.0
#include "app/services/service_thread.h"

#include <mutex>
#include <thread>

#include "adapters/http/loop.h"
#include "adapters/http/server.h"

namespace tuesday::services {
namespace {

constexpr std::size_t kConnectionsMax = 32;

// The way back to a loop for answers that come later from other threads; closed before the loop ends.
struct WayBack {
  std::mutex mutex;
  http::Loop* loop = nullptr;

  void Post(std::function<void()> call) {
    const std::lock_guard lock(mutex);
    if (loop != nullptr) loop->Post(std::move(call));
  }
};

}  // namespace

struct ServiceThread::Impl {
  Impl(const ServiceSettings& settings, const Clock& clock)
      : services(settings, clock),
        server(std::make_unique<http::HttpServer>(
            loop,
            [this](const http::HttpRequest& request, const std::shared_ptr<http::Responder>& responder) {
              if (request.path != kIdTokenPath) return responder->Send(services.Answer(request));
              services.AnswerIdToken(request, [way = way_back, responder](http::HttpResponse answer) {
                way->Post([responder, answer = std::move(answer)] { responder->Send(answer); });
              });
            },
            http::ServerLimits{.connections_max = kConnectionsMax})) {
    way_back->loop = &loop;
    // Beside the uploads that it becomes part of: then it need not be copied.
    server->SetBodyPolicy([this](const http::HttpRequest& head) { return services.PolicyOf(head); }, settings.artifacts_folder);
  }

  http::Loop loop;
  std::shared_ptr<WayBack> way_back = std::make_shared<WayBack>();
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
  {
    const std::lock_guard lock(impl_->way_back->mutex);
    impl_->way_back->loop = nullptr;
  }
  // What the server ends calls back once more before the loop stops.
  impl_->loop.Post([this] {
    impl_->server.reset();
    impl_->loop.Post([this] { impl_->loop.Stop(); });
  });
  impl_->thread.join();
}

}  // namespace tuesday::services
