"""What is written beside an adapter when it is whole and on the disk: who made it, and what its files are. The push
step reads it, and so does another pod of the same run, which then has nothing left to do."""

from whole import damage, digests, read_json, write_json


def write_end(spec: dict, fingerprint: str, result: dict) -> None:
    files = digests(spec["output"])
    write_json(spec["record"], {"run": spec["run"], "fingerprint": fingerprint, "files": files, "result": result})


def finished(spec: dict, fingerprint: str) -> dict | None:
    """The result of this very run, if it has ended before and its adapter is still as it was written."""
    record = read_json(spec["record"])
    if record is None or record.get("run") != spec["run"] or record.get("fingerprint") != fingerprint:
        return None
    files, result = record.get("files"), record.get("result")
    if not isinstance(files, dict) or not files or not isinstance(result, dict):
        return None
    return None if damage(spec["output"], files) else result
