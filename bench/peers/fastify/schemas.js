// What requests may look like; Fastify compiles them.

const uuid = { type: 'string', format: 'uuid' };
const count = { type: 'integer', minimum: 0, default: 0 };
const time = { type: 'string', format: 'date-time' };

const page = {
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
  cursor: { type: 'string' },
};
const listOf = (filter, of) => ({
  querystring: { type: 'object', additionalProperties: false, required: [filter], properties: { ...page, [filter]: of } },
});

const execution = {
  type: 'object',
  additionalProperties: false,
  required: ['agent_id'],
  properties: {
    agent_id: uuid,
    session_id: { type: 'string', maxLength: 500 },
    input_data: {},
    output_data: {},
    status: { enum: ['running', 'completed', 'failed', 'timeout', 'cancelled'], default: 'running' },
    error_message: { type: 'string' },
    started_at: time,
    completed_at: time,
    duration_ms: { type: 'integer', minimum: 0 },
    execution_context: { type: 'object', default: {} },
    metrics: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        llm_call_count: count,
        llm_prompt_tokens: count,
        llm_completion_tokens: count,
        tool_call_count: count,
        tool_total_duration_ms: count,
        cache_hit_count: count,
        cache_miss_count: count,
        cost_usd: { type: 'number', minimum: 0, default: 0 },
      },
    },
  },
};

export const schemas = {
  byId: { params: { type: 'object', properties: { id: uuid } } },
  agents: listOf('configuration', { type: 'string' }),
  workflows: listOf('graph_definition', { type: 'string' }),
  executions: listOf('agent_id', uuid),
  days: { querystring: { type: 'object', additionalProperties: false, properties: { days: { type: 'integer', minimum: 1, maximum: 365, default: 30 } } } },
  createExecution: { body: execution },
  createExecutions: { body: { type: 'array', maxItems: 10000, items: execution } },
};
