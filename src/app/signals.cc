#include "app/signals.h"

#include <csignal>

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
  // Another one ends the process where it stands.
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  return first;
}

}  // namespace onggi::app
