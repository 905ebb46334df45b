"""Put evidence down the same every time: JSON and zips, byte for byte."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any


def to_json(value: object, *, indent: int | None) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()


def to_zip(members: dict[str, Any], made_at: datetime) -> bytes:
    """An export zip that is the same every time: sorted members, one fixed time, Slack's JSON dialect."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, date_time=made_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(
                info, json.dumps(members[name], ensure_ascii=False, indent=4).replace("/", "\\/")
            )
    return out.getvalue()
