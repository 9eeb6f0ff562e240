// JSON from rows of PostgreSQL's text. Ids and words of ours need no escaping, documents are JSON already.

const quoted = (text) => (text === null ? 'null' : JSON.stringify(text));
const id = (text) => (text === null ? 'null' : `"${text}"`);
// "2026-11-22 20:02:43.131+00"
const time = (text) => (text === null ? 'null' : `"${text.slice(0, 10)}T${text.slice(11)}:00"`);
const yes = (text) => (text === 't' || text === 'true' ? 'true' : 'false');

export const agentOf = (r, at = 0) =>
  `"id":"${r[at]}","user_id":"${r[at + 1]}","name":${quoted(r[at + 2])},"description":${quoted(r[at + 3])},"agent_type":"${r[at + 4]}",` +
  `"llm_provider":${quoted(r[at + 5])},"llm_model":${quoted(r[at + 6])},"configuration":${r[at + 7]},"is_public":${yes(r[at + 8])},` +
  `"created_at":${time(r[at + 9])},"updated_at":${time(r[at + 10])},"version":${r[at + 11]}`;

export const workflowOf = (r, at = 0) =>
  `"id":"${r[at]}","user_id":"${r[at + 1]}","name":${quoted(r[at + 2])},"description":${quoted(r[at + 3])},"is_public":${yes(r[at + 4])},` +
  `"created_at":${time(r[at + 5])},"updated_at":${time(r[at + 6])},"version":${r[at + 7]}`;

export const executionOf = (r) =>
  `"id":"${r[0]}","user_id":"${r[1]}","agent_id":"${r[2]}","session_id":${quoted(r[3])},"input_data":${r[4]},"output_data":${r[5]},` +
  `"status":"${r[6]}","error_message":${quoted(r[7])},"started_at":${time(r[8])},"completed_at":${time(r[9])},"duration_ms":${r[10]},` +
  `"metrics":{"llm_call_count":${r[11]},"llm_prompt_tokens":${r[12]},"llm_completion_tokens":${r[13]},"llm_total_tokens":${r[14]},` +
  `"tool_call_count":${r[15]},"tool_total_duration_ms":${r[16]},"cache_hit_count":${r[17]},"cache_miss_count":${r[18]},"cost_usd":${r[19]}},` +
  `"created_at":${time(r[20])},"updated_at":${time(r[21])},"version":${r[22]},"agent_name":${quoted(r[23])}`;

// Rows of several kinds: [part, position, ...].
const parts = {
  node: (r) => `{"id":${quoted(r[2])},"type":${quoted(r[3])},"position":${r[4]},"data":${r[5]},"parent_id":${quoted(r[6])},` +
    `"agent_id":${id(r[7])},"block_id":${id(r[8])},"ref_name":${quoted(r[9])}}`,
  edge: (r) => `{"id":${quoted(r[2])},"source":${quoted(r[3])},"target":${quoted(r[4])},"source_handle":${quoted(r[5])},` +
    `"target_handle":${quoted(r[6])},"data":${r[7]}}`,
  schedule: (r) => `{"cron_expression":${quoted(r[2])},"timezone":${quoted(r[3])},"input_data":${r[4]},"is_active":${yes(r[5])}}`,
  webhook: (r) => `{"webhook_path":${quoted(r[2])},"http_method":${quoted(r[3])},"is_active":${yes(r[4])}}`,
  tool: (r) => `{"tool_id":${quoted(r[2])},"configuration":${r[3]},"order":${r[4]},` +
    `"tool":{"name":${quoted(r[5])},"category":${quoted(r[6])},"description":${quoted(r[7])}}}`,
  knowledgebase: (r) => `{"knowledgebase_id":"${r[2]}","priority":${r[3]},"name":${quoted(r[4])}}`,
};

const joined = (rows, part, write) => rows.filter((row) => row[0] === part).map(write).join(',');

export function workflowPage(rows) {
  const head = rows[0];
  const graph = `{${workflowOf(head, 2)},"graph_definition":${head[10]},"nodes":[${joined(rows, '1', parts.node)}],` +
    `"edges":[${joined(rows, '2', parts.edge)}]`;
  if (head[11] !== 'true') return `${graph}}`;
  return `${graph},"schedules":[${joined(rows, '3', parts.schedule)}],"webhooks":[${joined(rows, '4', parts.webhook)}]}`;
}

export const agentPage = (rows) =>
  `{${agentOf(rows[0], 2)},"tools":[${joined(rows, '1', parts.tool)}],"knowledgebases":[${joined(rows, '2', parts.knowledgebase)}]}`;

const kinds = ['short_term', 'long_term', 'episodic', 'semantic'];

// Percentiles are not in the daily rows.
export function dashboardPage([r]) {
  const memory = JSON.parse(r[11] ?? '{}');
  return `{"resources":{"agents":${r[0]},"blocks":${r[1]},"workflows":${r[2]},"knowledgebases":${r[3]}},` +
    `"executions":{"total":${r[4] ?? 0},"last_24h":${r[5]},"running":${r[6] ?? 0},"success_rate":${r[7]},"avg_duration_seconds":${r[8]},` +
    `"p95_duration_ms":null,"total_tokens":${r[9] ?? 0},"cost_usd":${r[10] ?? 0}},` +
    `"memory":{${kinds.map((kind) => `"${kind}":${memory[kind] ?? 0}`).join(',')}},"timestamp":"${new Date().toISOString()}"}`;
}

export const trendPage = (rows) =>
  `{"trend":[${rows.map((r) => `{"date":"${r[0]}","total":${r[1]},"successful":${r[2]},"failed":${r[3]}}`).join(',')}],` +
  `"period_days":${rows.length}}`;
