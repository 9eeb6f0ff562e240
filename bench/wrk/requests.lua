-- Requests for wrk, and its figures as one line of JSON on standard output.
--
--   wrk ... -s requests.lua URL                    GET the URL
--   wrk ... -s requests.lua URL -- paths FILE      GET the paths of FILE, a line each, in turn
--   wrk ... -s requests.lua URL -- post FILE       POST the body that FILE holds
--
-- The key comes from the environment (BENCH_KEY).

local function read(name)
  local file = assert(io.open(name, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function init(args)
  local key = os.getenv("BENCH_KEY")
  if key then wrk.headers["Authorization"] = "Bearer " .. key end
  if args[1] == "post" then
    wrk.method = "POST"
    wrk.body = read(args[2])
    wrk.headers["Content-Type"] = "application/json"
  elseif args[1] == "paths" then
    local requests = {}
    for path in read(args[2]):gmatch("[^\n]+") do
      requests[#requests + 1] = wrk.format("GET", path)
    end
    local at = 0
    request = function()
      at = at % #requests + 1
      return requests[at]
    end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,' ..
    '"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
