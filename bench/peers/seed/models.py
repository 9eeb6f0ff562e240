"""The seed's tables, for its "before" and its "after": SEED says which. They differ in the type of documents and in what there is of
statistics; how relationships are loaded is the pages' (app.py)."""

import os

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, ForeignKey, Integer, LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID
from sqlalchemy.orm import declarative_base, relationship

AFTER = os.environ["SEED"] == "after"
Document = JSONB if AFTER else JSON
Id = UUID(as_uuid=False)
Instant = DateTime(timezone=True)
Base = declarative_base()


class ApiKey(Base):
    __tablename__ = "api_keys"
    key_hash = Column(LargeBinary, primary_key=True)
    user_id = Column(Id)


class Tool(Base):
    __tablename__ = "tools"
    id = Column(Text, primary_key=True)
    name, description, category = Column(Text), Column(Text), Column(Text)


class Knowledgebase(Base):
    __tablename__ = "knowledgebases"
    id, user_id, name = Column(Id, primary_key=True), Column(Id), Column(Text)


class Block(Base):
    __tablename__ = "blocks"
    id, user_id, name, is_public = Column(Id, primary_key=True), Column(Id), Column(Text), Column(Boolean)


class Agent(Base):
    __tablename__ = "agents"
    id, user_id = Column(Id, primary_key=True), Column(Id)
    name, description, agent_type, llm_provider, llm_model = Column(Text), Column(Text), Column(Text), Column(Text), Column(Text)
    configuration, is_public = Column(Document), Column(Boolean)
    created_at, updated_at, version = Column(Instant), Column(Instant), Column(Integer)
    tools = relationship("AgentTool", order_by="AgentTool.position")
    knowledgebases = relationship("AgentKnowledgebase", order_by="AgentKnowledgebase.position")


class AgentTool(Base):
    __tablename__ = "agent_tools"
    agent_id, position = Column(Id, ForeignKey("agents.id"), primary_key=True), Column(Integer, primary_key=True)
    tool_id, configuration, order = Column(Text, ForeignKey("tools.id")), Column(Document), Column(Integer)
    tool = relationship("Tool")


class AgentKnowledgebase(Base):
    __tablename__ = "agent_knowledgebases"
    agent_id, position = Column(Id, ForeignKey("agents.id"), primary_key=True), Column(Integer, primary_key=True)
    knowledgebase_id, priority = Column(Id, ForeignKey("knowledgebases.id")), Column(Integer)
    knowledgebase = relationship("Knowledgebase")


class Workflow(Base):
    __tablename__ = "workflows"
    id, user_id = Column(Id, primary_key=True), Column(Id)
    name, description, is_public, graph_definition = Column(Text), Column(Text), Column(Boolean), Column(Document)
    created_at, updated_at, version = Column(Instant), Column(Instant), Column(Integer)
    nodes = relationship("Node", order_by="Node.position")
    edges = relationship("Edge", order_by="Edge.position")
    schedules = relationship("Schedule", order_by="Schedule.position")
    webhooks = relationship("Webhook", order_by="Webhook.position")


class Node(Base):
    __tablename__ = "workflow_nodes"
    workflow_id, position = Column(Id, ForeignKey("workflows.id"), primary_key=True), Column(Integer, primary_key=True)
    node_id, type, placement, data, parent_id = Column(Text), Column(Text), Column(Document), Column(Document), Column(Text)
    agent_id, block_id = Column(Id, ForeignKey("agents.id")), Column(Id, ForeignKey("blocks.id"))
    agent, block = relationship("Agent"), relationship("Block")


class Edge(Base):
    __tablename__ = "workflow_edges"
    workflow_id, position = Column(Id, ForeignKey("workflows.id"), primary_key=True), Column(Integer, primary_key=True)
    edge_id, source, target, source_handle, target_handle = Column(Text), Column(Text), Column(Text), Column(Text), Column(Text)
    data = Column(Document)


class Schedule(Base):
    __tablename__ = "workflow_schedules"
    workflow_id, position = Column(Id, ForeignKey("workflows.id"), primary_key=True), Column(Integer, primary_key=True)
    cron_expression, timezone, input_data, is_active = Column(Text), Column(Text), Column(Document), Column(Boolean)


class Webhook(Base):
    __tablename__ = "workflow_webhooks"
    workflow_id, position = Column(Id, ForeignKey("workflows.id"), primary_key=True), Column(Integer, primary_key=True)
    webhook_path, http_method, is_active = Column(Text), Column(Text), Column(Boolean)


class Execution(Base):
    __tablename__ = "agent_executions"
    id, user_id, agent_id = Column(Id, primary_key=True), Column(Id), Column(Id, ForeignKey("agents.id"))
    session_id, input_data, output_data, status, error_message = Column(Text), Column(Document), Column(Document), Column(Text), Column(Text)
    started_at, completed_at, duration_ms, execution_context = Column(Instant), Column(Instant), Column(BigInteger), Column(Document)
    llm_call_count, llm_prompt_tokens, llm_completion_tokens = Column(BigInteger), Column(BigInteger), Column(BigInteger)
    llm_total_tokens, tool_call_count, tool_total_duration_ms = Column(BigInteger), Column(BigInteger), Column(BigInteger)
    cache_hit_count, cache_miss_count, cost_usd = Column(BigInteger), Column(BigInteger), Column(Numeric(18, 9))
    created_at, updated_at, version = Column(Instant), Column(Instant), Column(Integer)
    agent = relationship("Agent")


class Memory(Base):
    __tablename__ = "agent_memories"
    id, agent_id, user_id, session_id = Column(Id, primary_key=True), Column(Id, ForeignKey("agents.id")), Column(Id), Column(Text)
    type, importance, content, metadata_ = Column(Text), Column(Text), Column(Text), Column("metadata", Document)
    access_count, last_accessed_at, created_at = Column(BigInteger), Column(Instant), Column(Instant)


if AFTER:
    class AgentDay(Base):
        """Of one agent and user, one date."""
        __tablename__ = "agent_execution_stats"
        agent_id, date, user_id = Column(Id, primary_key=True), Column(Date, primary_key=True), Column(Id, primary_key=True)
        execution_count, running_count, completed_count = Column(BigInteger), Column(BigInteger), Column(BigInteger)
        failed_count, finished_count, total_duration_ms = Column(BigInteger), Column(BigInteger), Column(BigInteger)
        llm_total_tokens, cost_usd = Column(BigInteger), Column(Numeric(18, 9))

    class UserTotal(Base):
        __tablename__ = "user_execution_totals"
        user_id, execution_count = Column(Id, primary_key=True), Column(BigInteger)
