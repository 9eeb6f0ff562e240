// Recording executions: one statement for one, one for a batch. Ids are UUIDv7, so that the keys of
// the index ascend.
import { randomFillSync } from 'node:crypto';
import { executionOf } from './json.js';
import * as statements from './statements.js';

const random = Buffer.alloc(10 * 1024);
let used = random.length;

function uuid7(ms) {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const tail = random.toString('hex', used, used + 10);
  used += 10;
  const time = ms.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(1, 4)}-a${tail.slice(5, 8)}-${tail.slice(8)}`;
}

// What the body leaves out.
function complete(body) {
  const now = Date.now();
  const started = body.started_at === undefined ? now : Date.parse(body.started_at);
  const isOver = body.status !== 'running';
  const duration = body.duration_ms ?? (body.completed_at === undefined ? undefined : Date.parse(body.completed_at) - started);
  const completed = body.completed_at ?? (isOver ? new Date(duration === undefined ? now : started + duration).toISOString() : null);
  const metrics = body.metrics;
  return {
    id: uuid7(started),
    agent_id: body.agent_id,
    session_id: body.session_id ?? null,
    input_data: body.input_data ?? null,
    output_data: body.output_data ?? null,
    status: body.status,
    error_message: body.error_message ?? null,
    started_at: new Date(started).toISOString(),
    completed_at: completed,
    duration_ms: duration ?? (completed === null ? null : Date.parse(completed) - started),
    execution_context: body.execution_context,
    ...metrics,
    llm_total_tokens: metrics.llm_prompt_tokens + metrics.llm_completion_tokens,
  };
}

const invalid = { title: 'Unprocessable Content', status: 422, detail: 'there is no such agent' };

export function create(query) {
  return async (request, reply) => {
    const row = complete(request.body);
    const rows = await query(statements.insertExecution, [
      request.user, row.id, row.agent_id, row.session_id, JSON.stringify(row.input_data), JSON.stringify(row.output_data),
      row.status, row.error_message, row.started_at, row.completed_at, row.duration_ms, JSON.stringify(row.execution_context),
      row.llm_call_count, row.llm_prompt_tokens, row.llm_completion_tokens, row.llm_total_tokens, row.tool_call_count,
      row.tool_total_duration_ms, row.cache_hit_count, row.cache_miss_count, row.cost_usd]);
    if (rows.length === 0) return reply.code(422).send(invalid);
    const page = `{${executionOf(rows[0])},"execution_context":${rows[0][24]},"steps":[]}`;
    return reply.code(201).type('application/json; charset=utf-8').send(page);
  };
}

export function createMany(query) {
  return async (request) => {
    const all = request.body.map(complete);
    const rows = await query(statements.insertExecutions, [request.user, JSON.stringify(all)]);
    const made = new Set(rows.map((row) => row[0]));
    return { items: all.map(({ id }) => (made.has(id) ? { status: 201, id } : { status: 422, error: invalid })) };
  };
}
