// The peer: what a good engineer would write instead of onggi. One node process, a pool of 16
// connections, one prepared hand-written statement a page (statements.js). Prints "listening on URL"
// when it is ready.
//
// Environment: PGHOST, PGPORT, PGUSER, PGDATABASE as pg takes them; PORT (0: any that is free).
import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { create, createMany } from './executions.js';
import { cursorOf, placeAfter } from './cursor.js';
import { agentOf, agentPage, dashboardPage, executionOf, trendPage, workflowOf, workflowPage } from './json.js';
import { schemas } from './schemas.js';
import * as statements from './statements.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const pool = new pg.Pool({ max: 16, min: 16, idleTimeoutMillis: 0 });
const app = Fastify({ logger: false });

// --- who is calling: keys are looked up once and kept for a second, as revoking asks ---------------

const keys = new Map(); // SHA-256 of the key to { user, until }

async function userOf(header) {
  if (!header?.startsWith('Bearer ')) return undefined;
  const hash = createHash('sha256').update(header.slice(7)).digest('hex');
  const known = keys.get(hash);
  if (known && known.until > Date.now()) return known.user;
  const { rows } = await pool.query({ ...statements.userOfKey, values: [hash] });
  if (rows.length === 0) return undefined;
  const user = rows[0][0];
  keys.set(hash, { user, until: Date.now() + 1000 });
  return user;
}

app.decorateRequest('user', '');
app.addHook('onRequest', async (request, reply) => {
  const user = await userOf(request.headers.authorization);
  if (user === undefined) return reply.code(401).send({ title: 'Unauthorized', status: 401 });
  request.user = user;
});

// --- pages ----------------------------------------------------------------------------------------

const query = async (statement, values) => (await pool.query({ ...statement, values })).rows;

function one(statement, write) {
  return async (request, reply) => {
    const rows = await query(statement, [request.params.id, request.user]);
    if (rows.length === 0) return reply.code(404).send({ title: 'Not Found', status: 404 });
    return reply.type(JSON_TYPE).send(write(rows));
  };
}

// One more than shown is asked for. `timeColumn` is what the list is ordered by.
function list(statement, filter, write, timeColumn) {
  return async (request, reply) => {
    const { limit, cursor, [filter]: value } = request.query;
    const rows = await query(statement, [request.user, limit + 1, ...placeAfter(cursor), value]);
    const shown = rows.slice(0, limit);
    const next = rows.length > limit ? `"${cursorOf(shown.at(-1)[timeColumn], shown.at(-1)[0])}"` : 'null';
    const items = shown.map((row) => `{${write(row)}}`).join(',');
    return reply.type(JSON_TYPE).send(`{"items":[${items}],"next_cursor":${next}}`);
  };
}

const overDays = (statement, write) => async (request, reply) =>
  reply.type(JSON_TYPE).send(write(await query(statement, [request.user, request.query.days])));

app.register(async (api) => {
  api.get('/workflows/:id', { schema: schemas.byId }, one(statements.workflow, workflowPage));
  api.get('/agents/:id', { schema: schemas.byId }, one(statements.agent, agentPage));
  api.get('/agents', { schema: schemas.agents }, list(statements.agentsContaining, 'configuration', agentOf, 9));
  api.get('/workflows', { schema: schemas.workflows }, list(statements.workflowsContaining, 'graph_definition', workflowOf, 5));
  api.get('/executions', { schema: schemas.executions }, list(statements.executionsOfAgent, 'agent_id', executionOf, 8));
  api.get('/dashboard/stats', { schema: schemas.days }, overDays(statements.dashboardStats, dashboardPage));
  api.get('/dashboard/execution-trend', { schema: schemas.days }, overDays(statements.executionTrend, trendPage));
  api.post('/executions', { schema: schemas.createExecution }, create(query));
  api.post('/executions/batch', { schema: schemas.createExecutions, bodyLimit: 64 << 20 }, createMany(query));
}, { prefix: '/api/agent-builder' });

// Every connection is made before the first request.
await Promise.all(Array.from({ length: 16 }, () => pool.query('select pg_sleep(0.05)')));
const address = await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) });
console.log(`listening on ${address}`);

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await app.close();
    await pool.end();
  });
}
