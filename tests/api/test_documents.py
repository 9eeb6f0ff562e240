"""JSON documents: equal as JSON, in one canonical spelling; what cannot be kept exactly is refused, naming where it stands."""

import json
import math

import pytest

from client import make_knowledgebase, unique


def store(client, text, wrap='{{"name":"{0}","configuration":{1}}}'):
    """Creates a knowledgebase whose configuration is this JSON text, unchanged by us."""
    return client.post("/knowledgebases", body=wrap.format(unique("k"), text).encode("utf-8", "surrogatepass"))


def kept(client, text):
    """The spelling in which the configuration comes back: from the creation, and from a GET."""
    answer = store(client, text)
    id = answer.expect(201)["id"]
    spelled = spelling(answer.text)
    assert spelling(client.get(f"/knowledgebases/{id}").text) == spelled
    return spelled


def spelling(text):
    start = text.index('"configuration":') + len('"configuration":')
    value, end = json.JSONDecoder().raw_decode(text[start:].lstrip())
    return text[start:].lstrip()[:end]


@pytest.mark.parametrize("sent, spelled", [
    ("1", "1"), ("0", "0"), ("-1", "-1"), ("-0", "0"), ("1e3", "1000"), ("1E+3", "1000"), ("10e-1", "1"), ("1.50", "1.5"), ("1.0", "1"),
    ("0.1", "0.1"), ("-2.5e-3", "-0.0025"), ("1e-7", "0.0000001"), ("123456.789", "123456.789"), ("9223372036854775807", "9223372036854775807"),
    ("-9223372036854775808", "-9223372036854775808"), ("9007199254740993", "9007199254740993")])
def test_a_number_has_one_spelling(alice, sent, spelled):
    assert kept(alice, f'{{"n": {sent}}}') == f'{{"n":{spelled}}}'


@pytest.mark.parametrize("number", [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2, 1 / 3, math.pi * 1e-40, 1e21, 123456789.12345679])
def test_a_double_comes_back_exactly(alice, number):
    assert json.loads(kept(alice, json.dumps({"n": number}))) == {"n": number}
    assert json.loads(kept(alice, json.dumps({"n": -number}))) == {"n": -number}


def test_members_are_ordered_by_length_and_bytes(alice):
    sent = '{"zz":1,"b":2,"a":3,"":4,"aaa":5,"B":6,"é":7,"ab":8,"한":9,"abcd":10}'
    order = list(json.loads(kept(alice, sent)))
    assert order == sorted(order, key=lambda key: (len(key.encode()), key.encode()))
    assert json.loads(kept(alice, sent)) == json.loads(sent)


def test_the_same_document_has_the_same_bytes(alice):
    spellings = ['{"a":{"y":1,"x":[1.0,2e0]},"b":"\\u00e9\\/"}', ' { "b" : "é/" , "a" : { "x" : [ 1 , 2 ] , "y" : 1e0 } } ']
    assert len({kept(alice, text) for text in spellings}) == 1
    assert kept(alice, spellings[0]) == '{"a":{"x":[1,2],"y":1},"b":"é/"}'


@pytest.mark.parametrize("document", [
    {}, {"a": None}, {"a": []}, {"a": [{}, [], [[]], None, True, False, ""]}, {"nested": {"a": {"b": {"c": [1, {"d": None}]}}}},
    {"text": "\"\\\b\f\n\r\t\x01\x1f\x7f\u2028\U0001F3FA"}, {"": {"": {"": 1}}}, {"a/b~c": {"~0~1": 1}, "$ref": "#/x", "__proto__": 1},
    {"long": "x" * 100_000}, {"wide": {str(i): i for i in range(2_000)}}])
def test_a_document_comes_back_equal(alice, document):
    assert json.loads(kept(alice, json.dumps(document))) == document
    assert json.loads(kept(alice, json.dumps(document, ensure_ascii=False))) == document


def test_strings_escape_only_what_they_must(alice):
    assert kept(alice, r'{"s":"\u0041\u00e9\/\ud83c\udffa\"\\\b\f\n\r\t\u0001\u001F"}') == '{"s":"Aé/🏺\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f"}'


def test_a_document_survives_a_round_trip_byte_for_byte(alice):
    text = kept(alice, '{"b":[1e3,{"z":1.10,"a":null}],"a":"\\u00e9"}')
    assert kept(alice, text) == text


# What cannot be kept

@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1e309", "-1e400", "1e99999"])
def test_a_number_out_of_range_is_named(alice, number):
    store(alice, f'{{"a":[0,{{"n":{number}}}]}}').rejects("/configuration/a/1/n")


def test_a_number_out_of_range_is_named_in_a_field_too(alice):
    for number in ("9223372036854775808", "1e400"):
        answer = alice.post("/knowledgebases", body=f'{{"name":"k","chunk_size":{number}}}'.encode())
        answer.rejects("/chunk_size")


@pytest.mark.parametrize("text, field", [
    ('{"a":1,"a":1}', "/configuration"), ('{"x":[{"b":1,"c":2,"b":3}]}', "/configuration/x/0"), ('{"a":1,"\\u0061":2}', "/configuration")])
def test_a_duplicate_member_is_named(alice, text, field):
    answer = store(alice, text)
    answer.expect(422)
    assert any(named == field or named.startswith(field + "/") for named in answer.fields()), answer


def test_a_duplicate_field_is_refused(alice):
    answer = alice.post("/knowledgebases", body=b'{"name":"a","chunk_size":1,"name":"b"}')
    answer.expect(422)
    assert answer.fields()


@pytest.mark.parametrize("text", [r'"\u0000"', r'"a\u0000b"', r'"\ud800"', r'"\udc00"', r'"\ud800\u0041"', r'"\udc00\ud800"', r'"x\udbff"'])
def test_text_that_no_store_can_keep_is_named(alice, text):
    store(alice, f'{{"a":{text}}}').rejects("/configuration/a")
    answer = store(alice, f'{{"b":{{{text}:1}}}}')
    answer.expect(422)
    assert any(field.startswith("/configuration/b") for field in answer.fields()), answer
    alice.post("/knowledgebases", body=f'{{"name":{text}}}'.encode()).rejects("/name")


@pytest.mark.parametrize("raw", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xf8\x88\x80\x80\x80"])
def test_invalid_utf_8_is_malformed(alice, raw):
    alice.post("/knowledgebases", body=b'{"name":"k","configuration":{"a":"' + raw + b'"}}').expect(400)
    alice.post("/knowledgebases", body=b'{"name":"k","configuration":{"' + raw + b'":1}}').expect(400)


@pytest.mark.parametrize("raw", [b"\x00", b"\x01", b"\n", b"\x1f"])
def test_a_control_character_is_escaped_or_malformed(alice, raw):
    alice.post("/knowledgebases", body=b'{"name":"a' + raw + b'b"}').expect(400)


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_a_body_is_at_most_a_hundred_deep(alice, opening, closing):
    def nested(levels):  # the body itself and {"d": ...} are two of them
        inner = levels - 2
        return f'{{"d":{opening * (inner - 1)}{opening.replace(chr(34) + "a" + chr(34) + ":", "")}{closing * inner}}}'

    deep = nested(100)
    assert json.loads(kept(alice, deep)) == json.loads(deep)
    store(alice, nested(101)).expect(400)
    store(alice, nested(5_000)).expect(400)
    store(alice, '{"d":' + opening * 200_000).expect(400)


def test_a_patch_is_held_to_the_same(alice):
    path = f"/knowledgebases/{make_knowledgebase(alice, configuration={'a': 1})['id']}"
    alice.patch(path, body=b'{"configuration":{"a":1,"a":2}}').expect(422)
    alice.patch(path, body=b'{"configuration":{"a":9223372036854775808}}').rejects("/configuration/a")
    alice.patch(path, body=rb'{"configuration":{"a":"\u0000"}}').rejects("/configuration/a")
    alice.patch(path, body=b'{"configuration":{"a":' + b"[" * 99 + b"]" * 99 + b"}}").expect(400)
    assert alice.get(path).expect(200)["configuration"] == {"a": 1}


@pytest.mark.parametrize("field, value, accepted", [
    ("chunk_size", "1e3", 1000), ("chunk_size", "1000.0", 1000), ("chunk_size", "1e-1", None), ("chunk_size", "0.5", None)])
def test_an_integer_is_a_value_not_a_spelling(alice, field, value, accepted):
    answer = alice.post("/knowledgebases", body=f'{{"name":"{unique()}","{field}":{value}}}'.encode())
    if accepted is None:
        answer.rejects("/" + field)
    elif answer.status == 201:
        assert answer.json()[field] == accepted
    else:
        answer.rejects("/" + field)
