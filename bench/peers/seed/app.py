"""The seed: the pages of one agent platform as its table tells of them (README, "The seed's own table"), in FastAPI and SQLAlchemy on
PostgreSQL. SEED=before: relationships load when they are touched, documents are JSON as text, the dashboard counts raw rows, memory grows.
SEED=after: relationships load together (selectinload: a join of two would multiply rows), documents are JSONB with GIN, the dashboard reads
daily statistics, memory is cleaned up. The tables are models.py, before.sql and after.sql.

In its favour: answers are put together by hand rather than through response models, which cost more than the database does; keys are kept
for a second; uvloop and httptools serve. Every answer says in Seed-Queries how many statements it took.

Environment: PGHOST, PGUSER, PGDATABASE as libpq takes them; PORT; SEED.
"""

import hashlib
import json
import os
import threading
import time
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import uvicorn
from fastapi import Body, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse
from models import AFTER, Agent, AgentKnowledgebase, AgentTool, ApiKey, Block, Execution, Knowledgebase, Memory, Node, Workflow
from sqlalchemy import and_, cast, create_engine, event, func, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, defer, selectinload

if AFTER:
    from models import AgentDay, UserTotal

PREFIX = "/api/agent-builder"
TYPES = ("short_term", "long_term", "episodic", "semantic")
app = FastAPI()
engine = create_engine("postgresql+psycopg2://", pool_size=16, max_overflow=0, pool_timeout=60)
counted = threading.local()  # a request is answered by one thread


@event.listens_for(engine, "before_cursor_execute")
def count(*_):
    counted.statements = getattr(counted, "statements", 0) + 1


keys = {}  # SHA-256 of a key to (user, until when)


def reader_of(session, authorization):
    hashed = hashlib.sha256((authorization or "").removeprefix("Bearer ").encode()).digest()
    known = keys.get(hashed)
    if known and known[1] > time.monotonic():
        return known[0]
    found = session.get(ApiKey, hashed)
    if found is None:
        raise HTTPException(401)
    keys[hashed] = found.user_id, time.monotonic() + 1
    return found.user_id


def answered(authorization, page, status=200):
    """What page(session, reader) gives; who asks does not count."""
    with Session(engine) as session:
        reader = reader_of(session, authorization)
        counted.statements = 0
        body = page(session, reader)
    return JSONResponse(body, status, headers={"Seed-Queries": str(counted.statements)})


def one(found):
    if found is None:
        raise HTTPException(404)
    return found


def eager(*options):
    return options if AFTER else ()


def visible(kind, reader):
    return or_(kind.user_id == reader, kind.is_public)


# --- JSON of rows -----------------------------------------------------------------------------------


def agent_json(a):
    return {"id": a.id, "user_id": a.user_id, "name": a.name, "description": a.description, "agent_type": a.agent_type,
            "llm_provider": a.llm_provider, "llm_model": a.llm_model, "configuration": a.configuration, "is_public": a.is_public,
            "created_at": a.created_at.isoformat(), "updated_at": a.updated_at.isoformat(), "version": a.version}


def workflow_json(w):
    return {"id": w.id, "user_id": w.user_id, "name": w.name, "description": w.description, "is_public": w.is_public,
            "created_at": w.created_at.isoformat(), "updated_at": w.updated_at.isoformat(), "version": w.version}


def node_json(n, reader):
    to = n.agent or n.block
    name = to.name if to is not None and (to.user_id == reader or to.is_public) else None
    return {"id": n.node_id, "type": n.type, "position": n.placement, "data": n.data, "parent_id": n.parent_id, "agent_id": n.agent_id,
            "block_id": n.block_id, "ref_name": name}


def edge_json(e):
    return {"id": e.edge_id, "source": e.source, "target": e.target, "source_handle": e.source_handle, "target_handle": e.target_handle,
            "data": e.data}


METRICS = ("llm_call_count", "llm_prompt_tokens", "llm_completion_tokens", "llm_total_tokens", "tool_call_count", "tool_total_duration_ms",
           "cache_hit_count", "cache_miss_count")


def execution_json(e, reader):
    seen = e.agent is not None and (e.agent.user_id == reader or e.agent.is_public)
    return {"id": e.id, "user_id": e.user_id, "agent_id": e.agent_id, "session_id": e.session_id, "input_data": e.input_data,
            "output_data": e.output_data, "status": e.status, "error_message": e.error_message, "started_at": e.started_at.isoformat(),
            "completed_at": e.completed_at and e.completed_at.isoformat(), "duration_ms": e.duration_ms,
            "metrics": {**{name: getattr(e, name) for name in METRICS}, "cost_usd": float(e.cost_usd)},
            "created_at": e.created_at.isoformat(), "updated_at": e.updated_at.isoformat(), "version": e.version,
            "agent_name": e.agent.name if seen else None}


# --- pages ------------------------------------------------------------------------------------------


@app.get(PREFIX + "/workflows/{id}")
def workflow(id: UUID, authorization: str = Header(None)):
    def page(session, reader):
        nodes = selectinload(Workflow.nodes)
        w = one(session.query(Workflow).filter(Workflow.id == str(id), visible(Workflow, reader)).options(*eager(
            nodes.selectinload(Node.agent), nodes.selectinload(Node.block), selectinload(Workflow.edges),
            selectinload(Workflow.schedules), selectinload(Workflow.webhooks))).one_or_none())
        shown = {**workflow_json(w), "graph_definition": w.graph_definition, "nodes": [node_json(n, reader) for n in w.nodes],
                 "edges": [edge_json(e) for e in w.edges]}
        if w.user_id == reader:
            shown["schedules"] = [{"cron_expression": s.cron_expression, "timezone": s.timezone, "input_data": s.input_data,
                                   "is_active": s.is_active} for s in w.schedules]
            shown["webhooks"] = [{"webhook_path": h.webhook_path, "http_method": h.http_method, "is_active": h.is_active} for h in w.webhooks]
        return shown
    return answered(authorization, page)


@app.get(PREFIX + "/agents/{id}")
def agent(id: UUID, authorization: str = Header(None)):
    def page(session, reader):
        a = one(session.query(Agent).filter(Agent.id == str(id), visible(Agent, reader)).options(*eager(
            selectinload(Agent.tools).selectinload(AgentTool.tool),
            selectinload(Agent.knowledgebases).selectinload(AgentKnowledgebase.knowledgebase))).one_or_none())
        return {**agent_json(a),
                "tools": [{"tool_id": t.tool_id, "configuration": t.configuration, "order": t.order,
                           "tool": {"name": t.tool.name, "category": t.tool.category, "description": t.tool.description}} for t in a.tools],
                "knowledgebases": [{"knowledgebase_id": k.knowledgebase_id, "priority": k.priority,
                                    "name": k.knowledgebase.name if k.knowledgebase.user_id == reader else None} for k in a.knowledgebases]}
    return answered(authorization, page)


def containing(column, text):
    asked = json.loads(text)
    if AFTER:
        return column.contains(asked)
    if all(isinstance(value, str) for value in asked.values()):
        return and_(*(column[name].astext == value for name, value in asked.items()))
    return cast(column, JSONB).contains(asked)


def listed(query, time_column, kind, limit, write):
    rows = query.order_by(time_column.desc(), kind.id.desc()).limit(limit + 1).all()
    return {"items": [write(row) for row in rows[:limit]], "next_cursor": rows[limit - 1].id if len(rows) > limit else None}


@app.get(PREFIX + "/agents")
def agents(configuration: str, limit: int = 50, authorization: str = Header(None)):
    return answered(authorization, lambda session, reader: listed(
        session.query(Agent).filter(visible(Agent, reader), containing(Agent.configuration, configuration)),
        Agent.created_at, Agent, limit, agent_json))


@app.get(PREFIX + "/workflows")
def workflows(graph_definition: str, limit: int = 50, authorization: str = Header(None)):
    return answered(authorization, lambda session, reader: listed(
        session.query(Workflow).filter(visible(Workflow, reader), containing(Workflow.graph_definition, graph_definition))
        .options(*eager(defer(Workflow.graph_definition))), Workflow.created_at, Workflow, limit, workflow_json))


@app.get(PREFIX + "/executions")
def executions(agent_id: UUID, limit: int = 50, authorization: str = Header(None)):
    return answered(authorization, lambda session, reader: listed(
        session.query(Execution).filter(Execution.user_id == reader, Execution.agent_id == str(agent_id))
        .options(*eager(selectinload(Execution.agent), defer(Execution.execution_context))),
        Execution.started_at, Execution, limit, lambda row: execution_json(row, reader)))


@app.post(PREFIX + "/executions")
def record(body: dict = Body(...), authorization: str = Header(None)):
    def page(session, reader):
        if session.query(Agent.id).filter(Agent.id == body["agent_id"], visible(Agent, reader)).one_or_none() is None:
            raise HTTPException(422)
        metrics, now = body.get("metrics", {}), datetime.now(timezone.utc)
        duration = body.get("duration_ms")
        made = Execution(
            id=str(uuid4()), user_id=reader, agent_id=body["agent_id"], session_id=body.get("session_id"), input_data=body.get("input_data"),
            output_data=body.get("output_data"), status=body["status"], error_message=body.get("error_message"), started_at=now,
            completed_at=now + timedelta(milliseconds=duration or 0), duration_ms=duration,
            execution_context=body.get("execution_context", {}), **{name: metrics.get(name, 0) for name in METRICS},
            cost_usd=metrics.get("cost_usd", 0), created_at=now, updated_at=now, version=1)
        made.llm_total_tokens = made.llm_prompt_tokens + made.llm_completion_tokens
        session.add(made)
        session.commit()
        return {**execution_json(made, reader), "execution_context": made.execution_context, "steps": []}
    return answered(authorization, page, 201)


# --- dashboard --------------------------------------------------------------------------------------


def live(session, reader, first):
    """Of raw rows."""
    mine = session.query(Execution).filter(Execution.user_id == reader)
    recent = mine.filter(Execution.started_at >= first)
    by_status = dict(recent.with_entities(Execution.status, func.count()).group_by(Execution.status).all())
    average, p95 = recent.filter(Execution.status != "running").with_entities(
        func.avg(Execution.duration_ms), func.percentile_disc(0.95).within_group(Execution.duration_ms)).one()
    tokens, cost = recent.with_entities(func.sum(Execution.llm_total_tokens), func.sum(Execution.cost_usd)).one()
    running, completed = by_status.pop("running", 0), by_status.get("completed", 0)
    return mine.count(), running, completed, sum(by_status.values()), average, p95, tokens, cost


def summed(session, reader, first):
    """Of daily statistics, which keep no percentiles."""
    days = session.query(func.sum(AgentDay.running_count), func.sum(AgentDay.completed_count), func.sum(AgentDay.finished_count),
                         func.sum(AgentDay.total_duration_ms), func.sum(AgentDay.llm_total_tokens), func.sum(AgentDay.cost_usd))
    running, completed, finished, duration, tokens, cost = days.filter(AgentDay.user_id == reader, AgentDay.date >= first.date()).one()
    total = session.query(UserTotal.execution_count).filter(UserTotal.user_id == reader).scalar() or 0
    return total, running or 0, completed or 0, finished or 0, duration / finished if finished else None, None, tokens, cost


@app.get(PREFIX + "/dashboard/stats")
def dashboard(days: int = 30, authorization: str = Header(None)):
    def page(session, reader):
        now = datetime.now(timezone.utc)
        first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
        kinds = (("agents", Agent), ("blocks", Block), ("workflows", Workflow), ("knowledgebases", Knowledgebase))
        resources = {name: session.query(kind).filter(kind.user_id == reader).count() for name, kind in kinds}
        total, running, completed, finished, average, p95, tokens, cost = (summed if AFTER else live)(session, reader, first)
        last_24h = session.query(Execution).filter(Execution.user_id == reader, Execution.started_at > now - timedelta(days=1)).count()
        memory = dict(session.query(Memory.type, func.count()).filter(Memory.user_id == reader).group_by(Memory.type).all())
        return {"resources": resources,
                "executions": {"total": total, "last_24h": last_24h, "running": running,
                               "success_rate": round(float(100 * completed / finished), 1) if finished else None,
                               "avg_duration_seconds": None if average is None else round(float(average) / 1000, 6),
                               "p95_duration_ms": p95, "total_tokens": int(tokens or 0), "cost_usd": float(cost or 0)},
                "memory": {kind: memory.get(kind, 0) for kind in TYPES}, "timestamp": now.isoformat()}
    return answered(authorization, page)


if AFTER:
    @app.post(PREFIX + "/memory/cleanup")
    def clean_up(authorization: str = Header(None)):
        """What is used is kept as long-term memory; then what has expired goes."""
        def page(session, _):
            now = datetime.now(timezone.utc)
            short_term, before = session.query(Memory).filter(Memory.type == "short_term"), lambda days: now - timedelta(days=days)
            promoted = short_term.filter(Memory.access_count >= 3, Memory.created_at < before(0.5)).update(
                {Memory.type: "long_term"}, synchronize_session=False)
            low = session.query(Memory).filter(Memory.importance == "low")
            accessed = func.coalesce(Memory.last_accessed_at, Memory.created_at)
            gone = [expired.delete(synchronize_session=False) for expired in (
                short_term.filter(Memory.created_at < before(1)),
                low.filter(Memory.type == "long_term", accessed < before(90)),
                low.filter(Memory.type == "episodic", Memory.created_at < before(30)))]
            session.commit()
            return {"success": True, "stats": {"total_deleted": sum(gone), "promoted": promoted}}
        return answered(authorization, page)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="warning", access_log=False)
