"""Verifies audit logs, the oldest file first, by nothing but the description in src/fleet/audit/mod.rs."""
import hashlib, json, sys

prev, number = None, None
for file in sys.argv[1:]:
    for raw in open(file, "rb"):
        line, seen = raw[:-1], json.loads(raw)
        body, end = line[:-75], line[-75:]
        digest = hashlib.sha256(b"mqtt-thing audit line 1\n" + bytes.fromhex(seen["prev"]) + body).hexdigest()
        assert end == b',"hash":"' + digest.encode() + b'"}' and seen["hash"] == digest, seen["number"]
        assert prev in (None, seen["prev"]) and number in (None, seen["number"] - 1), seen["number"]
        prev, number = seen["hash"], seen["number"]
print(f"{number}:{prev}")
