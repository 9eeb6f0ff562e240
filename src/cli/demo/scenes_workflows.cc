#include "cli/demo/catalogue.h"

namespace onggi::cli::demo {

const std::string_view workflow_scenes = R"({
  "triage": [
    {"in": {"request": "My {product} will not start since this morning, order {order}", "channel": "e-mail"}, "steps": ["Redact", "Classify", "Answer technical", "One answer"], "out": {"class": "technical", "reply": "Hold the button for ten seconds, then start it again. If the light stays off, we send you a new one from {city}.", "confidence": 0.93}},
    {"in": {"request": "{amount} 결제가 두 번 되었어요. 확인 부탁드립니다.", "channel": "chat"}, "steps": ["Redact", "Classify", "Answer billing", "One answer", "Ask a person"], "out": {"class": "billing", "reply": "중복 결제를 확인했습니다. 영업일 기준 이틀 안에 환불됩니다.", "confidence": 0.74, "handed_to": "{person}"}}],
  "digest": [
    {"in": {"week": "{n}", "length": "one page"}, "steps": ["Look into", "Shorten", "Check sources", "Put together", "Korean edition"], "out": {"title": "What changed this week", "sections": 4, "sources": 23, "first_lines": "Small models got cheaper again; two vendors cut prices by {n} %. In {city} the rules for automated decisions are final."}}],
  "translation": [
    {"in": {"file": "notes-{n}.md", "from": "en", "to": "ko"}, "steps": ["Translate"], "out": {"file": "notes-{n}.ko.md", "words": "{n}80", "excerpt": "{product}의 실행 기록은 이제 고정된 수의 쿼리로 조회됩니다."}},
    {"in": {"file": "Angebot-{order}.docx", "from": "de", "to": "en"}, "steps": ["Translate"], "out": {"file": "Offer-{order}.docx", "words": "{n}20", "excerpt": "We are pleased to offer you {product} at {amount}, valid for 30 days."}}],
  "contracts": [
    {"in": {"file": "계약서-{order}.pdf", "상대방": "{person}"}, "steps": ["본문 추출", "조항 비교", "위험 조항 설명", "문장 다듬기", "담당자 확인"], "out": {"위험": "중간", "조항": ["제11조", "제17조"], "의견": "위약금 {amount}은 과도하므로 잔여 기간에 비례하도록 수정할 것을 제안드립니다.", "확인": "{person}"}}],
  "voices": [
    {"in": {"기간": "지난주", "주제": 5}, "steps": ["의견 모으기", "분류", "요약", "합치기", "문장 다듬기"], "out": {"의견": "{n}31건", "급한 주제": "배송", "요약": "{city} 물류센터 지연에 대한 불만이 가장 많고, {product}의 품질에 대한 칭찬이 늘었습니다."}}],
  "incident": [
    {"in": {"alert": "error_rate", "service": "checkout", "value": 0.062, "since_minutes": "{n}"}, "steps": ["Severity", "Logs", "What stands out", "Channel", "Roll back", "Write the report"], "out": {"severity": 1, "cause": "The deploy raised the number of workers and not the pool.", "mended_after_minutes": "{n}", "report": "28 minutes, orders worth {amount} were late, none lost. {person} was on call."}},
    {"in": {"alert": "latency_p95", "service": "search", "value": 3.4, "region": "{city}"}, "steps": ["Severity", "Logs", "Health", "What stands out"], "out": {"severity": 3, "cause": "One replica was behind.", "report": "Taken out of the balancer; p95 is back to 240 ms."}}],
  "leads": [
    {"in": {"name": "{person}", "city": "{city}", "message": "We would like a price for {n}0 seats of {product}."}, "steps": ["Score", "Qualify"], "out": {"score": 82, "routed_to": "account owner", "expected": "{amount} a year"}},
    {"in": {"name": "{person}", "city": "{city}", "message": "Just looking around."}, "steps": ["Score", "Newsletter"], "out": {"score": 21, "routed_to": "newsletter"}}],
  "season": [
    {"in": {"days": 5, "routes": 9}, "steps": ["Rates", "Weather window", "Permits", "Plan", "Price", "One season"], "out": {"open": "{n} of 9 routes", "best": "Langtang Valley", "note": "Snow above 4,800 m from the weekend on; Gokyo by the eastern side only. From {amount} a person."}}]
})";

}  // namespace onggi::cli::demo
