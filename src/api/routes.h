// Parts of the table of all endpoints (routes.cc) that stand in files of their own.
#pragma once

#include <vector>

#include "api/endpoint.h"

namespace onggi::api {

void add_statistics(std::vector<Endpoint>& table);
void add_jobs(std::vector<Endpoint>& table);

}  // namespace onggi::api
