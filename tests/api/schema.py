"""As much of JSON Schema (2020-12) as the published contract uses; `format` is an annotation."""

import re

from contract import resolve

TYPES = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: (isinstance(value, int) or isinstance(value, float) and value.is_integer()) and not isinstance(value, bool),
}
CHECKED = {"$ref", "type", "properties", "required", "enum", "const", "items", "additionalProperties", "oneOf", "anyOf", "allOf", "minimum",
           "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
           "minProperties", "maxProperties", "pattern"}
ANNOTATIONS = {"title", "description", "default", "example", "examples", "format", "readOnly", "writeOnly", "deprecated", "$comment",
               "contentMediaType", "externalDocs", "xml", "discriminator"}


def violations(document, schema, value, at="", described=True):
    """Where the value breaks the schema, as texts. A member that a schema with properties does not name is one too: the contract
    describes all that is answered (described=False: within allOf, where another part may name it)."""
    if schema is True or schema == {}:
        return []
    if schema is False:
        return [f"{at}: nothing is allowed here"]
    found = []
    if "$ref" in schema:
        found += violations(document, resolve(document, {"$ref": schema["$ref"]}), value, at, described)
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(TYPES[name](value) for name in types):
            return found + [f"{at}: {value!r:.80} is not {' or '.join(types)}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r:.80} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: {value!r:.80} is not {schema['const']!r}")
    if isinstance(value, dict):
        found += _bounds(schema, len(value), "Properties", at) + _of_object(document, schema, value, at, described)
    if isinstance(value, list):
        found += _bounds(schema, len(value), "Items", at)
        if schema.get("uniqueItems") and any(item in value[:i] for i, item in enumerate(value)):
            found.append(f"{at}: an item is there twice")
        for i, item in enumerate(value if "items" in schema else []):
            found += violations(document, schema["items"], item, f"{at}/{i}")
    if isinstance(value, str):
        found += _bounds(schema, len(value), "Length", at)
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{at}: {value!r:.80} does not match {schema['pattern']}")
    if TYPES["number"](value):
        least, most = schema.get("minimum", value), schema.get("maximum", value)
        above, below = schema.get("exclusiveMinimum", float("-inf")), schema.get("exclusiveMaximum", float("inf"))
        if not (least <= value <= most and above < value < below):
            found.append(f"{at}: {value} is out of bounds")
    return found + _of_combinations(document, schema, value, at, described)


def _of_object(document, schema, value, at, described):
    found = [f"{at}/{name} is missing" for name in schema.get("required", []) if name not in value]
    named = schema.get("properties", {})
    others = schema.get("additionalProperties", not (named and described))
    for name, member in value.items():
        if name in named:
            found += violations(document, named[name], member, f"{at}/{name}")
        elif others is False:
            found.append(f"{at}/{name} is not described")
        else:
            found += violations(document, others, member, f"{at}/{name}")
    return found


def _bounds(schema, count, unit, at):
    outside = count < schema.get("min" + unit, count) or count > schema.get("max" + unit, count)
    return [f"{at}: {count} is not within the bounds of {unit}"] if outside else []


def _of_combinations(document, schema, value, at, described):
    found = []
    for part in schema.get("allOf", []):
        found += violations(document, part, value, at, described=False)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            results = [violations(document, part, value, at, described) for part in schema[word]]
            matching = sum(not result for result in results)
            if matching == 0 or (word == "oneOf" and matching > 1):
                nearest = min(results, key=len)
                found.append(f"{at}: matches {matching} of {word}: {nearest[:3]}")
    return found


def unknown_keywords(schema, at="#"):
    """Keywords that this checker would pass over."""
    if not isinstance(schema, dict):
        return []
    found = [f"{at}: {word}" for word in schema if word not in CHECKED | ANNOTATIONS and not word.startswith("x-")]
    for name, part in schema.get("properties", {}).items():
        found += unknown_keywords(part, f"{at}/properties/{name}")
    for word in ("items", "additionalProperties"):
        found += unknown_keywords(schema.get(word), f"{at}/{word}")
    for word in ("oneOf", "anyOf", "allOf"):
        for i, part in enumerate(schema.get(word, [])):
            found += unknown_keywords(part, f"{at}/{word}/{i}")
    return found
