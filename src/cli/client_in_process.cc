#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "app/engine.h"
#include "cli/client.h"

namespace onggi::cli {
namespace {

class InProcess final : public Client {
 public:
  explicit InProcess(const config::Options& options) : engine_(options, clock_) {}

  Answer send(http::Method method, const std::string& target, const std::string& body) override {
    http::Request request{.method = method,
                          .target = target,
                          .body = body,
                          .id = "command-line",
                          .peer = "command line",
                          .is_local_control = true,
                          .received = std::chrono::steady_clock::now()};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");

    // Shared: the worker may still be inside set_value() when the answer is taken.
    const auto promise = std::make_shared<std::promise<http::Response>>();
    // On a worker, since an endpoint may move to the workers and back to where it came from.
    engine_.workers.post([this, &request, promise] {
      spawn(engine_.api.handle(request),
            [promise](const std::exception_ptr& failure, std::optional<http::Response> response) {
              if (failure)
                promise->set_exception(failure);
              else
                promise->set_value(std::move(*response));
            });
    });
    const http::Response response = promise->get_future().get();
    return {response.status, std::string(response.bytes())};
  }

 private:
  SystemClock clock_;
  app::Engine engine_;
};

}  // namespace

std::unique_ptr<Client> open_in_process(const config::Options& options) {
  return std::make_unique<InProcess>(options);
}

}  // namespace onggi::cli
