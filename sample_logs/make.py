"""An invented day → the sample logs of this folder, the same text on every run.

    python sample_logs/make.py [--output DIR]

Standard library only and nothing of the project; `docs/sample-logs.md` says what each file shows.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.dont_write_bytecode = True  # no __pycache__ among the logs
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a program, not as a module

from sample_logs.generator.day import DAY_MS  # noqa: E402
from sample_logs.generator.formats import FORMATS  # noqa: E402
from sample_logs.generator.logpush import LOGPUSH  # noqa: E402
from sample_logs.generator.office import office_day  # noqa: E402
from sample_logs.generator.quirks import QUIRKS  # noqa: E402
from sample_logs.generator.servers import apache_day, cloudflare_day, nginx_day  # noqa: E402
from sample_logs.generator.shop import trips  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

WSA_BANNER = (
    "Tue Mar 10 00:00:00 2026 Info: Begin Logfile",
    "Tue Mar 10 00:00:00 2026 Info: Version: 12.5.1-011 SN: 0123456789AB-CDEF012",
    "Tue Mar 10 00:00:00 2026 Info: Time offset from UTC: 0 seconds",
)


def logs() -> dict[str, bytes]:
    """Return every sample log: its path in this folder, and its bytes."""
    proxy, past_the_edge = office_day()
    seen = [*trips(), *past_the_edge]
    wsa = [line.text for line in sorted(proxy, key=lambda line: line.end_ms) if line.end_ms < DAY_MS]
    return (
        QUIRKS
        | FORMATS
        | LOGPUSH
        | {
            "nginx/access.log-20260310.gz": _packed(nginx_day(seen)),
            "apache/other_vhosts_access.log.1.gz": _packed(apache_day(seen)),
            "cloudflare/20260310T000000Z_20260311T000000Z_3e9c1f70.log.gz": _packed(cloudflare_day(seen)),
            "cisco_wsa/aclog.@20260310T000000.s.gz": _packed([*WSA_BANNER, *wsa]),
        }
    )


def write(folder: Path) -> None:
    """Write every sample log below a folder, made where it is missing."""
    for name, content in logs().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> None:
    """Read the command line and write the logs."""
    parser = argparse.ArgumentParser(description="Write the sample logs.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, metavar="DIR")
    write(parser.parse_args().output)


def _packed(lines: Iterable[str]) -> bytes:
    """Return lines as gzip without name and time, so that equal lines are equal bytes."""
    packed = gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=9, mtime=0)
    return packed[:9] + b"\x03" + packed[10:]  # the system's number: Unix; releases of Python differ in it


if __name__ == "__main__":
    main()
