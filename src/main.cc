#include "cli/main.h"

int main(int argc, char** argv) {
  return onggi::cli::run({argv + (argc > 0 ? 1 : 0), argv + argc});
}
