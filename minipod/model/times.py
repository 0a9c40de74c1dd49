"""Times: seconds since the epoch inside, RFC 3339 in objects, kubectl's short form for people."""

from __future__ import annotations

from datetime import UTC, datetime

_DAY = 86_400
_HOUR = 3_600
_MINUTE = 60


def timestamp(seconds: float) -> str:
    """Return metav1.Time: RFC 3339 in UTC, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(seconds: float) -> str:
    """Return metav1.MicroTime: RFC 3339 in UTC, six digits of a second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_timestamp(text: str) -> float:
    """Return the seconds of an RFC 3339 time; ValueError if it is none, or lacks the offset."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"no offset from UTC in {text!r}")
    return parsed.timestamp()


def short_duration(seconds: float) -> str:
    """Return an age as kubectl prints it: 119s, 9m59s, 179m, 7d23h.

    The steps are those of apimachinery's HumanDuration.
    """
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    total = max(total, 0)
    if total < 2 * _MINUTE:
        return f"{total}s"
    minutes, hours, days = total // _MINUTE, total // _HOUR, total // _DAY
    if minutes < 10:
        return _two(minutes, "m", total % _MINUTE, "s")
    if minutes < 3 * 60:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 8 * 24:
        return _two(days, "d", hours % 24, "h")
    if hours < 2 * 365 * 24:
        return f"{days}d"
    if hours < 8 * 365 * 24:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
