#include "cli/demo/catalogue.h"

namespace onggi::cli::demo {

const std::string_view workflows = R"([
  {"owner": "admin", "key": "triage", "share": 34, "median_ms": 9200,
   "body": {"name": "Support triage", "description": "Every new request: sort, answer, or hand over to a person.", "is_public": true,
     "webhooks": [{"webhook_path": "support/new-request", "secret": "demo-only"}],
     "schedules": [{"cron_expression": "*/15 8-19 * * 1-5", "timezone": "Asia/Seoul", "input_data": {"queue": "unanswered"}}]},
   "stages": [
     {"chain": [{"type": "trigger", "label": "New request"}, {"type": "block", "label": "Redact", "block": "redact"}, {"type": "block", "label": "Classify", "block": "classify", "classes": ["billing", "technical", "other"]}, {"type": "condition", "label": "Which class?", "expression": "class"}]},
     {"group": "Answers", "parallel": [{"type": "agent", "label": "Answer billing", "agent": "support", "tone": "formal"}, {"type": "agent", "label": "Answer technical", "agent": "support"}, {"type": "agent", "label": "Research the rest", "agent": "research"}]},
     {"chain": [{"type": "block", "label": "One answer", "block": "merge"}, {"type": "condition", "label": "Sure enough?", "expression": "confidence > 0.8"}]},
     {"parallel": [{"type": "output", "label": "Reply"}, {"type": "block", "label": "Ask a person", "block": "approve"}]}]},

  {"owner": "admin", "key": "digest", "share": 6, "median_ms": 48000,
   "body": {"name": "Weekly research digest", "description": "Four topics, looked into side by side, on one page every Monday.",
     "schedules": [{"cron_expression": "0 7 * * mon", "timezone": "UTC", "input_data": {"length": "one page"}}, {"cron_expression": "0 7 1 * *", "input_data": {"length": "long"}, "is_active": false}]},
   "stages": [
     {"chain": [{"type": "trigger", "label": "Monday 07:00"}]},
     {"for_each": ["Models", "Tooling", "Regulation", "Competitors"], "chain": [{"type": "agent", "label": "Look into", "agent": "research"}, {"type": "tool", "label": "Shorten", "tool": "summarize", "sentences": 6}, {"type": "block", "label": "Check sources", "block": "retry"}]},
     {"chain": [{"type": "block", "label": "Put together", "block": "merge"}, {"type": "agent", "label": "Korean edition", "agent": "translator", "to": "ko"}, {"type": "output", "label": "Send"}]}]},

  {"owner": "admin", "key": "translation", "share": 12, "median_ms": 3400,
   "body": {"name": "Document translation", "description": "A file in, its translation out.", "webhooks": [{"webhook_path": "documents/translate"}]},
   "stages": [{"chain": [{"type": "input", "label": "File"}, {"type": "agent", "label": "Translate", "agent": "translator"}, {"type": "output", "label": "Translation"}]}]},

  {"owner": "Jiwoo Han", "key": "contracts", "share": 12, "median_ms": 21000,
   "body": {"name": "계약서 검토", "description": "스캔본을 읽고 표준 계약서와 비교해 위험한 조항을 표시합니다.", "webhooks": [{"webhook_path": "contracts/incoming"}, {"webhook_path": "contracts/incoming", "http_method": "PUT", "is_active": false}]},
   "stages": [
     {"chain": [{"type": "input", "label": "계약서 파일"}, {"type": "condition", "label": "스캔본인가?", "expression": "is_scan"}]},
     {"parallel": [{"type": "tool", "label": "글자 읽기", "tool": "ocr_image"}, {"type": "tool", "label": "본문 추출", "tool": "pdf_extract"}]},
     {"chain": [{"type": "block", "label": "조항 비교", "block": "clause"}, {"type": "agent", "label": "위험 조항 설명", "agent": "contract"}, {"type": "block", "label": "문장 다듬기", "block": "formal"}, {"type": "block", "label": "담당자 확인", "block": "approve"}, {"type": "output", "label": "검토 의견서"}]}]},

  {"owner": "Jiwoo Han", "key": "voices", "share": 8, "median_ms": 35000,
   "body": {"name": "고객 의견 주간 보고", "description": "주제별로 모으고, 감정을 살피고, 보고서를 씁니다.",
     "schedules": [{"cron_expression": "30 8 * * mon", "timezone": "Asia/Seoul", "input_data": {"기간": "지난주"}}]},
   "stages": [
     {"chain": [{"type": "trigger", "label": "월요일 08:30"}, {"type": "tool", "label": "의견 모으기", "tool": "sql_query"}]},
     {"group": "주제별 분석", "for_each": ["배송", "가격", "품질", "상담", "앱"], "chain": [{"type": "agent", "label": "분류", "agent": "voice"}, {"type": "tool", "label": "요약", "tool": "summarize"}, {"type": "condition", "label": "급한가?", "expression": "negative > 0.4"}]},
     {"chain": [{"type": "block", "label": "합치기", "block": "merge"}, {"type": "agent", "label": "영문판", "agent": "translator", "to": "en"}, {"type": "block", "label": "문장 다듬기", "block": "formal"}, {"type": "output", "label": "보고서"}]}]},

  {"owner": "Lena Brandt", "key": "incident", "share": 10, "median_ms": 62000,
   "body": {"name": "Incident response", "description": "From the alert to the report: collect, judge, tell, mend, write down.",
     "webhooks": [{"webhook_path": "alerts/firing", "secret": "demo-only"}, {"webhook_path": "alerts/resolved"}]},
   "stages": [
     {"chain": [{"type": "trigger", "label": "Alert"}, {"type": "block", "label": "Severity", "block": "severity"}, {"type": "condition", "label": "Wake somebody?", "expression": "severity <= 2"}]},
     {"group": "Collect", "for_each": ["checkout", "search", "billing", "accounts", "mail"], "chain": [{"type": "tool", "label": "Logs", "tool": "log_search", "minutes": 90}, {"type": "tool", "label": "Health", "tool": "http_request"}, {"type": "agent", "label": "What stands out", "agent": "incident"}]},
     {"chain": [{"type": "block", "label": "One picture", "block": "merge"}]},
     {"group": "Tell", "parallel": [{"type": "tool", "label": "Channel", "tool": "slack_message"}, {"type": "tool", "label": "Status page", "tool": "http_request"}, {"type": "agent", "label": "Answer customers", "agent": "support"}]},
     {"chain": [{"type": "block", "label": "May we roll back?", "block": "approve"}, {"type": "condition", "label": "Yes?", "expression": "approved"}, {"type": "tool", "label": "Roll back", "tool": "http_request"}, {"type": "block", "label": "Until it holds", "block": "retry"}, {"type": "agent", "label": "Write the report", "agent": "incident"}, {"type": "agent", "label": "Review it", "agent": "reviewer"}, {"type": "tool", "label": "Open follow-ups", "tool": "github_issue"}, {"type": "output", "label": "Report"}]}]},

  {"owner": "Marcus Reed", "key": "leads", "share": 15, "median_ms": 7100,
   "body": {"name": "Lead routing", "description": "Who calls back, and when.", "webhooks": [{"webhook_path": "site/contact-form"}],
     "schedules": [{"cron_expression": "0 9-17 * * 1-5", "timezone": "America/New_York", "input_data": {"only": "unrouted"}}]},
   "stages": [
     {"chain": [{"type": "trigger", "label": "Contact form"}, {"type": "block", "label": "Score", "block": "score"}, {"type": "condition", "label": "Worth a call?", "expression": "score >= 60"}]},
     {"parallel": [{"type": "agent", "label": "Qualify", "agent": "leads"}, {"type": "tool", "label": "Newsletter", "tool": "send_email"}]},
     {"chain": [{"type": "output", "label": "Routed"}]}]},

  {"owner": "Sunita Gurung", "key": "season", "share": 3, "median_ms": 91000,
   "body": {"name": "Season planner", "description": "All routes of a season: weather, permits, guides, a plan and its price.", "is_public": true,
     "schedules": [{"cron_expression": "45 5 * * *", "timezone": "Asia/Kathmandu", "input_data": {"days": 5}}]},
   "stages": [
     {"chain": [{"type": "trigger", "label": "Every morning"}, {"type": "tool", "label": "Rates", "tool": "currency_rates"}]},
     {"group": "Routes", "for_each": ["Annapurna Circuit", "Annapurna Base Camp", "Langtang Valley", "Everest Base Camp", "Gokyo Lakes", "Manaslu Circuit", "Upper Mustang", "Poon Hill", "Mardi Himal"], "chain": [{"type": "block", "label": "Weather window", "block": "weather"}, {"type": "tool", "label": "Permits", "tool": "http_request"}, {"type": "agent", "label": "Plan", "agent": "treks"}, {"type": "condition", "label": "Open?", "expression": "is_open"}, {"type": "tool", "label": "Price", "tool": "code_interpreter"}]},
     {"chain": [{"type": "block", "label": "One season", "block": "merge"}, {"type": "agent", "label": "Nepali edition", "agent": "translator", "to": "ne"}, {"type": "output", "label": "Publish"}]}]}
])";

}  // namespace onggi::cli::demo
