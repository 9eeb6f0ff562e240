#include "cli/demo/catalogue.h"

namespace onggi::cli::demo {

const std::string_view users = R"([
  {"name": "Jiwoo Han", "timezone": "Asia/Seoul", "utc_offset_minutes": 540},
  {"name": "Lena Brandt", "timezone": "Europe/Berlin", "utc_offset_minutes": 60},
  {"name": "Marcus Reed", "timezone": "America/New_York", "utc_offset_minutes": -300},
  {"name": "Sunita Gurung", "timezone": "Asia/Kathmandu", "utc_offset_minutes": 345}
])";

const std::string_view tools = R"([
  {"id": "web_search", "name": "Web search", "category": "search", "implementation_type": "langchain", "implementation_ref": "langchain_community.tools.TavilySearch", "requires_auth": true,
   "description": "Searches the web and gives titles, addresses and excerpts.",
   "input_schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}, "max_results": {"type": "integer", "default": 5}}},
   "output_schema": {"type": "array", "items": {"type": "object"}}},
  {"id": "vector_search", "name": "Vector search", "category": "search", "implementation_type": "builtin", "is_builtin": true,
   "description": "Finds the passages of a knowledgebase nearest in meaning to a question.",
   "input_schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}, "top_k": {"type": "integer", "minimum": 1, "maximum": 50}}}},
  {"id": "sql_query", "name": "SQL query", "category": "data", "implementation_type": "custom", "implementation_ref": "tools.warehouse:query", "requires_auth": true,
   "description": "Runs one read-only statement on the warehouse.",
   "input_schema": {"type": "object", "required": ["sql"], "properties": {"sql": {"type": "string"}, "limit": {"type": "integer", "default": 200}}}},
  {"id": "http_request", "name": "HTTP request", "category": "integration", "implementation_type": "builtin", "is_builtin": true,
   "description": "Calls an HTTP API that the operator has allowed.",
   "input_schema": {"type": "object", "required": ["method", "url"], "properties": {"method": {"enum": ["GET", "POST"]}, "url": {"type": "string", "format": "uri"}, "body": {}}}},
  {"id": "code_interpreter", "name": "Code interpreter", "category": "compute", "implementation_type": "builtin", "is_builtin": true,
   "description": "Runs Python in a sandbox without network.",
   "input_schema": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}, "timeout_s": {"type": "integer", "default": 30}}}},
  {"id": "summarize", "name": "Summarize", "category": "text", "implementation_type": "langchain", "implementation_ref": "langchain.chains.summarize",
   "description": "Shortens a text to so many sentences.",
   "input_schema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "sentences": {"type": "integer"}}}},
  {"id": "translate", "name": "Translate", "category": "text", "implementation_type": "custom", "implementation_ref": "tools.text:translate", "requires_auth": true,
   "description": "Translates between Korean, English, German and Nepali.",
   "input_schema": {"type": "object", "required": ["text", "to"], "properties": {"text": {"type": "string"}, "to": {"enum": ["ko", "en", "de", "ne"]}}}},
  {"id": "pdf_extract", "name": "PDF extract", "category": "documents", "implementation_type": "langchain", "implementation_ref": "langchain_community.document_loaders.PyPDFLoader",
   "description": "Takes text and tables out of a PDF file.",
   "input_schema": {"type": "object", "required": ["file_id"], "properties": {"file_id": {"type": "string"}, "pages": {"type": "string"}}}},
  {"id": "ocr_image", "name": "OCR", "category": "documents", "implementation_type": "custom", "implementation_ref": "tools.vision:ocr",
   "description": "Reads the text of a scanned page, Hangul included.",
   "input_schema": {"type": "object", "required": ["file_id"], "properties": {"file_id": {"type": "string"}, "language": {"type": "string"}}}},
  {"id": "file_reader", "name": "File reader", "category": "documents", "implementation_type": "builtin", "is_builtin": true,
   "description": "Reads a file that was uploaded to the session.",
   "input_schema": {"type": "object", "required": ["file_id"], "properties": {"file_id": {"type": "string"}}}},
  {"id": "send_email", "name": "Send e-mail", "category": "communication", "implementation_type": "custom", "implementation_ref": "tools.mail:send", "requires_auth": true,
   "description": "Sends an e-mail from the team's address.",
   "input_schema": {"type": "object", "required": ["to", "subject", "text"], "properties": {"to": {"type": "string"}, "subject": {"type": "string"}, "text": {"type": "string"}}}},
  {"id": "slack_message", "name": "Slack message", "category": "communication", "implementation_type": "custom", "implementation_ref": "tools.slack:post", "requires_auth": true,
   "description": "Posts to a channel.",
   "input_schema": {"type": "object", "required": ["channel", "text"], "properties": {"channel": {"type": "string"}, "text": {"type": "string"}}}},
  {"id": "calendar_lookup", "name": "Calendar", "category": "communication", "implementation_type": "custom", "implementation_ref": "tools.calendar:free_busy", "requires_auth": true,
   "description": "Tells when people are free.",
   "input_schema": {"type": "object", "required": ["people"], "properties": {"people": {"type": "array", "items": {"type": "string"}}, "days": {"type": "integer"}}}},
  {"id": "ticket_search", "name": "Ticket search", "category": "support", "implementation_type": "custom", "implementation_ref": "tools.desk:search", "requires_auth": true,
   "description": "Finds earlier tickets about the same thing.",
   "input_schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}, "status": {"type": "string"}}}},
  {"id": "create_ticket", "name": "Create ticket", "category": "support", "implementation_type": "custom", "implementation_ref": "tools.desk:create", "requires_auth": true,
   "description": "Opens a ticket and assigns it to a queue.",
   "input_schema": {"type": "object", "required": ["title", "queue"], "properties": {"title": {"type": "string"}, "queue": {"type": "string"}, "priority": {"enum": ["low", "normal", "high"]}}}},
  {"id": "crm_lookup", "name": "CRM lookup", "category": "sales", "implementation_type": "custom", "implementation_ref": "tools.crm:account", "requires_auth": true,
   "description": "Reads an account with its contacts and open deals.",
   "input_schema": {"type": "object", "required": ["account"], "properties": {"account": {"type": "string"}}}},
  {"id": "order_status", "name": "Order status", "category": "commerce", "implementation_type": "custom", "implementation_ref": "tools.shop:order",
   "description": "Where an order is, and what is in it.",
   "input_schema": {"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{6}$"}}}},
  {"id": "currency_rates", "name": "Currency rates", "category": "finance", "implementation_type": "custom", "implementation_ref": "tools.finance:rates",
   "description": "Reference rates of the day.",
   "input_schema": {"type": "object", "required": ["base"], "properties": {"base": {"type": "string"}, "quote": {"type": "string"}}}},
  {"id": "github_issue", "name": "GitHub issue", "category": "engineering", "implementation_type": "langchain", "implementation_ref": "langchain_community.agent_toolkits.github", "requires_auth": true,
   "description": "Reads, opens and comments on issues.",
   "input_schema": {"type": "object", "required": ["repository"], "properties": {"repository": {"type": "string"}, "number": {"type": "integer"}, "comment": {"type": "string"}}}},
  {"id": "log_search", "name": "Log search", "category": "engineering", "implementation_type": "custom", "implementation_ref": "tools.logs:search", "requires_auth": true,
   "description": "Searches the logs of the last 14 days.",
   "input_schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}, "service": {"type": "string"}, "minutes": {"type": "integer", "default": 60}}}},
  {"id": "human_approval", "name": "Human approval", "category": "control", "implementation_type": "builtin", "is_builtin": true,
   "description": "Asks a person and waits for the answer.",
   "input_schema": {"type": "object", "required": ["question"], "properties": {"question": {"type": "string"}, "approvers": {"type": "array", "items": {"type": "string"}}}}}
])";

const std::string_view knowledgebases = R"([
  {"owner": "admin", "key": "handbook", "body": {"name": "Product handbook", "description": "Manuals and release notes, English and Korean", "embedding_model": "text-embedding-3-large", "chunk_size": 800, "chunk_overlap": 80, "configuration": {"index": "hnsw", "languages": ["en", "ko"]}}},
  {"owner": "admin", "key": "policies", "body": {"name": "Company policies", "description": "Travel, expenses, leave, security", "embedding_model": "text-embedding-3-small", "configuration": {"index": "flat"}}},
  {"owner": "admin", "key": "tickets", "body": {"name": "Solved tickets", "description": "What support has solved since 2023", "embedding_model": "bge-m3", "chunk_size": 400, "configuration": {"index": "hnsw", "refresh": "daily"}}},
  {"owner": "Jiwoo Han", "key": "contracts", "body": {"name": "계약서 모음", "description": "표준 계약서와 개정 이력", "embedding_model": "bge-m3", "chunk_size": 600, "chunk_overlap": 100, "configuration": {"languages": ["ko"]}}},
  {"owner": "Lena Brandt", "key": "runbooks", "body": {"name": "Runbooks", "description": "What to do when a service is down", "embedding_model": "nomic-embed-text", "configuration": {"source": "git"}}},
  {"owner": "Marcus Reed", "key": "market", "body": {"name": "Market research", "description": "Analyst reports by quarter", "embedding_model": "text-embedding-3-large", "chunk_size": 1200, "configuration": {}}},
  {"owner": "Sunita Gurung", "key": "treks", "body": {"name": "Trek notes", "description": "Routes, permits, seasons", "embedding_model": "bge-m3", "configuration": {"languages": ["en", "ne"]}}}
])";

const std::string_view blocks = R"([
  {"owner": "admin", "key": "classify", "body": {"name": "Classify request", "block_type": "llm", "is_public": true, "description": "Sorts a request into one of the given classes.", "input_schema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "classes": {"type": "array"}}}, "output_schema": {"type": "object", "properties": {"class": {"type": "string"}, "confidence": {"type": "number"}}}, "configuration": {"model": "gpt-4o-mini", "temperature": 0}}},
  {"owner": "admin", "key": "redact", "body": {"name": "Redact personal data", "block_type": "logic", "is_public": true, "description": "Replaces names, numbers and addresses by placeholders.", "configuration": {"entities": ["person", "phone", "card", "resident_number"]}, "implementation": "blocks.privacy:redact"}},
  {"owner": "admin", "key": "merge", "body": {"name": "Merge answers", "block_type": "composite", "is_public": true, "description": "Takes several answers and gives one.", "configuration": {"strategy": "rank_then_rewrite"}}},
  {"owner": "admin", "key": "retry", "body": {"name": "Retry with back-off", "block_type": "logic", "is_public": true, "configuration": {"attempts": 3, "first_delay_ms": 500, "factor": 2}}},
  {"owner": "admin", "key": "approve", "body": {"name": "Ask a person", "block_type": "tool", "is_public": true, "configuration": {"tool_id": "human_approval", "timeout_hours": 24}}},
  {"owner": "Jiwoo Han", "key": "formal", "body": {"name": "존댓말 다듬기", "block_type": "llm", "description": "문장을 정중한 존댓말로 바꿉니다.", "configuration": {"model": "solar-pro", "temperature": 0.2}}},
  {"owner": "Jiwoo Han", "key": "clause", "body": {"name": "조항 비교", "block_type": "composite", "description": "두 계약서의 같은 조항을 나란히 놓고 차이를 설명합니다.", "configuration": {"granularity": "clause"}}},
  {"owner": "Lena Brandt", "key": "severity", "body": {"name": "Severity", "block_type": "logic", "description": "SEV1 to SEV4 from error rate and affected users.", "configuration": {"sev1_error_rate": 0.05, "sev2_error_rate": 0.01}}},
  {"owner": "Marcus Reed", "key": "score", "body": {"name": "Lead score", "block_type": "llm", "configuration": {"model": "gpt-4o-mini", "weights": {"size": 0.4, "intent": 0.4, "region": 0.2}}}},
  {"owner": "Sunita Gurung", "key": "weather", "body": {"name": "Weather window", "block_type": "tool", "configuration": {"tool_id": "http_request", "days": 5}}}
])";

}  // namespace onggi::cli::demo
