// SPDX-License-Identifier: Apache-2.0
#include "app/server/request_counts.h"

namespace tuesday::server {
namespace {

class CountedResponder : public http::Responder {
 public:
  CountedResponder(std::shared_ptr<http::Responder> inner, std::shared_ptr<RequestCounts> counts, std::string route)
      : inner_(std::move(inner)), counts_(std::move(counts)), route_(std::move(route)) {}
  CountedResponder(const CountedResponder&) = delete;
  CountedResponder& operator=(const CountedResponder&) = delete;
  ~CountedResponder() override { Count(500); }

  void Send(http::HttpResponse response) override {
    Count(response.status);
    inner_->Send(std::move(response));
  }

  std::shared_ptr<http::EventStream> StartEvents() override {
    Count(200);
    return inner_->StartEvents();
  }

 private:
  void Count(int status) {
    if (!std::exchange(counted_, true)) ++(*counts_)[{route_, status}];
  }

  std::shared_ptr<http::Responder> inner_;
  std::shared_ptr<RequestCounts> counts_;
  std::string route_;
  bool counted_ = false;
};

}  // namespace

std::shared_ptr<http::Responder> Counted(std::shared_ptr<http::Responder> responder, std::shared_ptr<RequestCounts> counts,
                                         std::string route) {
  return std::make_shared<CountedResponder>(std::move(responder), std::move(counts), std::move(route));
}

}  // namespace tuesday::server
