#include <chrono>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/application.h"
#include "app/jobs.h"
#include "app/log.h"
#include "app/signals.h"
#include "cli/commands.h"
#include "cli/hints.h"

namespace onggi::cli {
namespace {

constexpr std::chrono::seconds grace{10};

void say(const app::Application& application) {
  for (const std::string& address : application.addresses())
    fmt::print("listening on {}\n", address);
  const app::Places& places = application.engine().directory.places;
  if (wants_hints(places)) fmt::print("{}", hints(application.addresses().front(), places));
  std::fflush(stdout);
}

}  // namespace

int run(const Serve&, const config::Settings& settings) {
  app::Signals signals;
  std::signal(SIGPIPE, SIG_IGN);
  const config::Options& options = settings.options;
  app::configure_log(options.log_format, options.log_level);

  app::Application application(options, show_key);
  show_new_key(application.engine());
  app::tell_retention(options);
  application.start();
  spdlog::info("started data=\"{}\" addresses={}", options.data, application.addresses().size());
  say(application);

  const int signal = signals.wait();
  spdlog::info("stopping signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  application.stop(grace);
  return 0;
}

}  // namespace onggi::cli
