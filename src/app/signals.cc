#include "app/signals.h"

#include <csignal>
#include <cstdlib>

#include <pthread.h>

namespace onggi::app {

Signals::Signals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int Signals::wait() {
  int first = 0;
  sigwait(&set_, &first);
  // Not the default action, which process 1 of a container is spared; and not _exit(), where the
  // thread sanitizer reports threads that are still being waited for.
  struct sigaction at_once{};
  at_once.sa_handler = [](int number) { std::_Exit(128 + number); };
  sigaction(SIGTERM, &at_once, nullptr);
  sigaction(SIGINT, &at_once, nullptr);
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  return first;
}

}  // namespace onggi::app
