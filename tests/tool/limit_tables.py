# SPDX-License-Identifier: Apache-2.0
"""Reads the named limits and defaults out of the sources, for docs/operate/limits.md."""

import math
import pathlib
import re

# A constant is a limit or a default by its name: most, least, how long, how often, how many are kept.
LIMIT = re.compile(
    r"(Max|Min|Most|Least|Limit|Kept|Default|Time|Timeout|Interval|Period|Patience|Pause|Retry|BackOff\w*|Backoff\w*"
    r"|Retention|RetentionMs|Every|Bytes|Window|After|Linger|Reconnect\w*|Ms|MaxMs|MaxMicros|MinMicros|Seconds|HexDigits)$"
)
# These carry such an ending and are part of a format or a unit, not a limit.
NOT_LIMITS = re.compile(r"(IntMax|PortMax|IntegerMax|PermilleMax|Checksum|Header|Page|Content|Version|Overhead|PerSecond|PerMillisecond|StatusLine|StaleBits)")
CONSTANT = re.compile(
    r"^\s*(?:inline |static )*constexpr (?:auto|int|long|double|Duration|std::size_t|std::int64_t|std::uint64_t|std::uint32_t)"
    r" (k[A-Z]\w*)\s*=\s*(.+?);\s*(?://\s*(.*))?$"
)
MEMBER = re.compile(r"^\s*(?:Duration|int|std::int64_t|double) (\w+)\s*=\s*(.+?);\s*(?://\s*(.*))?$")
# Structs of defaults that a person may ask for.
SETTINGS = {"src/control/metrics/recorder.h": "RecorderSettings"}

LAYERS = [
    ("src/core/manifest", "Manifests"),
    ("src/core/rollout", "Rollouts"),
    ("src/core/gate", "The rollout gate"),
    ("src/core/rules", "Rules and their tests"),
    ("src/core", "Metrics, PromQL, conditions, analyses"),
    ("src/control", "Control loops"),
    ("src/adapters/haproxy", "The edge"),
    ("src/adapters/process", "The process runtime"),
    ("src/adapters", "Store, metrics log, HTTP, supervisors"),
    ("src/app", "The daemon and the commands"),
    ("src", "Everything else"),
]

SUFFIXES = {"Ms": "ms", "Micros": "µs", "Seconds": "s", "Bytes": "bytes", "HexDigits": "digits"}
UNITS = {"hours": "h", "minutes": "min", "seconds": "s", "milliseconds": "ms", "microseconds": "µs"}


def product(text: str) -> int | None:
    """`6LL * 60 * 60` and plain numbers; None for anything else."""
    factors = [factor.strip().rstrip("UL") for factor in text.split("*")]
    if not all(factor.isdigit() for factor in factors):
        return None
    return math.prod(int(factor) for factor in factors)


def value_text(text: str, name: str) -> str:
    """A value as a person reads it: `std::chrono::seconds(5)` is `5 s`, `4 << 20` is `4 MiB`."""
    text = text.strip().replace("'", "")
    duration = re.fullmatch(r"(?:std::chrono::)?(\w+)\((.+)\)", text)
    if duration and duration[1] in UNITS:
        count = product(duration[2])
        return f"`{duration[2].split('::')[-1]}`" if count is None else f"{count:,} {UNITS[duration[1]]}"
    shift = re.fullmatch(r"(?:std::(?:size_t|int64_t)\{)?(\d+)(?:U?LL)?\}?\s*<<\s*(\d+)", text)
    if shift and int(shift[2]) in (10, 20, 30):
        return f"{shift[1]} {({10: 'KiB', 20: 'MiB', 30: 'GiB'})[int(shift[2])]}"
    count = product(text)
    if count is not None:
        unit = re.search(r"(Ms|Micros|Seconds|Bytes|HexDigits)(?:Max|Min)?$", name)
        return f"{count:,} {SUFFIXES[unit[1]]}" if unit else f"{count:,}"
    power = re.fullmatch(r"\(?std::u?int64_t\{1\} << (\d+)\)?( - 1)?", text)
    if power:
        return f"2^{power[1]}{' − 1' if power[2] else ''}"
    return text if re.fullmatch(r"-?[\d.]+", text) else f"`{text}`"


def limits(source: pathlib.Path) -> list[tuple[str, str, str, str]]:
    """(file, name, value, note) of every limit, sorted by file and place."""
    rows = []
    for path in sorted((source / "src").rglob("*")):
        name = path.relative_to(source).as_posix()
        if path.suffix not in (".h", ".cc") or "_test" in path.name or "_bench" in path.name or name.startswith("src/testing/"):
            continue
        text = path.read_text()
        for line in text.splitlines():
            found = CONSTANT.match(line)
            if found and LIMIT.search(found[1]) and not NOT_LIMITS.search(found[1]):
                rows.append((name, found[1], value_text(found[2], found[1]), found[3] or ""))
        if name in SETTINGS:
            struct = SETTINGS[name]
            body = text[text.index(f"struct {struct} {{") :]
            for line in body[: body.index("};")].splitlines():
                found = MEMBER.match(line)
                if found:
                    rows.append((name, f"{struct}::{found[1]}", value_text(found[2], found[1]), found[3] or ""))
    return rows


def limits_tables(source: pathlib.Path) -> str:
    """The generated part of docs/operate/limits.md."""
    rest = limits(source)
    parts = []
    for folder, title in LAYERS:
        rows = [row for row in rest if row[0].startswith(folder + "/")]
        rest = [row for row in rest if row not in rows]
        if not rows:
            continue
        parts.append(f"## {title}\n\n| limit | value | note | file |\n| --- | --- | --- | --- |\n")
        for name, limit, value, note in rows:
            parts.append(f"| `{limit}` | {value} | {note.replace('|', chr(92) + '|')} | `{name.removeprefix('src/')}` |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"
