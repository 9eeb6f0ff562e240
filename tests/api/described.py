"""Whether answers are as /openapi.json describes them."""

from contract import PREFIX, resolve
from schema import violations


def schema_of(document, operation, answer):
    """The schema of the answer's body; None when the body needs none. Fails when status or media type are not described."""
    responses = operation.spec["responses"]
    status = str(answer.status)
    key = next((key for key in (status, f"{status[0]}XX", "default") if key in responses), None)
    assert key is not None, f"{operation.name}: {status} is not described"
    content = resolve(document, responses[key]).get("content", {})
    if not answer.body:
        return None
    kinds = {kind.split(";")[0].strip(): media for kind, media in content.items()}
    assert answer.content_type in kinds, f"{operation.name}: {status} as {answer.content_type} is not described, {sorted(kinds)}"
    return kinds[answer.content_type].get("schema") if answer.content_type.endswith("json") and "ndjson" not in answer.content_type else None


def complaints(document, operation, answer):
    try:
        schema = schema_of(document, operation, answer)
    except AssertionError as error:
        return [str(error)]
    if schema is None:
        return []
    return [f"{operation.name} {answer.status}: {text}" for text in violations(document, schema, answer.json())]


def complaints_of_all(document, operations, answers):
    """The same for answers of any kind; those that no operation gives (404 of unknown paths, 304) are passed over."""
    found = set()
    for answer in answers:
        path = answer.path.split("?")[0]
        matching = [operation for operation in operations if operation.method == answer.method and operation.matches(path)]
        if matching and answer.status != 304 and path.startswith(PREFIX):
            operation = min(matching, key=lambda operation: operation.template.count("{"))
            found.update(complaints(document, operation, answer))
    return sorted(found)
