"""Writes Avro with fastavro, for the tests of what es-serde reads.

Prints one line for each case of cases.json: its name, the fingerprint of the writer's schema, and
the value in the single-object encoding, as hexadecimal text.

With the argument `read`, takes such lines that es-serde wrote on standard input, and prints each
value as JSON, read with fastavro. With `resolve`, prints what fastavro reads of each case with the
reader's schema.
"""

import io
import json
import pathlib
import sys

import fastavro
from fastavro import schema as schemas

CASES = json.loads(pathlib.Path(__file__).with_name("cases.json").read_text())


def fingerprint(schema):
    canonical = schemas.to_parsing_canonical_form(schema)
    return schemas.fingerprint(canonical, "CRC-64-AVRO")


def header(schema):
    return b"\xc3\x01" + bytes.fromhex(fingerprint(schema))


def in_python(value):
    """JSON has no bytes: they are an object with one key."""
    if isinstance(value, dict):
        if list(value) == ["$hex"]:
            return bytes.fromhex(value["$hex"])
        return {key: in_python(item) for key, item in value.items()}
    if isinstance(value, list):
        return [in_python(item) for item in value]
    return value


def in_json(value):
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, dict):
        return {key: in_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [in_json(item) for item in value]
    return value


def write(case):
    out = io.BytesIO()
    out.write(header(case["writer"]))
    writer = fastavro.parse_schema(case["writer"])
    fastavro.schemaless_writer(out, writer, in_python(case["value"]))
    return out.getvalue()


def read(case, data):
    if data[:10] != header(case["writer"]):
        raise ValueError(f"{case['name']}: the header is another one")
    source = io.BytesIO(data[10:])
    value = fastavro.schemaless_reader(source, fastavro.parse_schema(case["writer"]), None)
    if source.read():
        raise ValueError(f"{case['name']}: bytes are left over")
    return value


def resolve(case):
    source = io.BytesIO(write(case)[10:])
    writer = fastavro.parse_schema(case["writer"])
    return fastavro.schemaless_reader(source, writer, fastavro.parse_schema(case["reader"]))


def main():
    if sys.argv[1:] == ["read"]:
        cases = {case["name"]: case for case in CASES}
        for line in sys.stdin:
            name, data = line.split()
            print(name, json.dumps(in_json(read(cases[name], bytes.fromhex(data))), sort_keys=True))
    elif sys.argv[1:] == ["resolve"]:
        for case in CASES:
            print(case["name"], json.dumps(in_json(resolve(case)), sort_keys=True))
    else:
        for case in CASES:
            print(case["name"], fingerprint(case["writer"]), write(case).hex())


main()
