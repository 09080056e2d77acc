"""The log: one line per event as text or JSON, and never a word of what people write."""

import copy
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter

ROOT = Path(__file__).resolve().parent.parent
OWN = ("bot", "__main__")
"""Loggers whose sentences are ours; all others may quote what they were working on."""
FIXED_SENTENCES = ("uvicorn", "uvicorn.error")
"""Foreign loggers whose first lines name processes, addresses and states of the server, nothing of a request."""
FIELDS = ("event", "channel", "status", "duration_ms", "value")
"""What a line of ours may carry besides its sentence."""
TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_FRAMES = 30

logger = logging.getLogger(__name__)


def configure_logging(level: str, form: str) -> None:
    """Send every log line of this process to standard error; each process calls it once, at its start."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if form == "json" else _TextLines(TEXT))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def catch_unexpected() -> None:
    """Log what nobody caught; Python itself would print the message of the error, and with it what it was about."""
    sys.excepthook = _report
    threading.excepthook = lambda args: _report(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _report(args.exc_type, args.exc_value, args.exc_traceback)


def announce(sentence: str) -> None:
    """Tell the operator something that is no problem: a plain line, or a log line where programs read the log."""
    handlers = logging.getLogger().handlers
    if handlers and isinstance(handlers[0].formatter, _JsonLines):
        logger.info("%s", sentence, extra={"event": "announcement"})
    else:
        print(sentence, file=sys.stderr, flush=True)


def without_content(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy that says where and what kind, and quotes nothing."""
    safe = copy.copy(record)
    safe.msg, safe.args = _sentence(record), None
    safe.exc_info = safe.exc_text = safe.stack_info = None
    for name in record.__dict__.keys() - logging.makeLogRecord({}).__dict__.keys() - set(FIELDS):
        delattr(safe, name)
    if record.name.partition(".")[0] not in OWN:
        for name in FIELDS:
            safe.__dict__.pop(name, None)
    if record.exc_info and record.exc_info[1]:
        safe.__dict__["exception"] = " < ".join(_kinds(record.exc_info[1]))
        safe.__dict__["stack"] = [*_frames(record.exc_info[1].__traceback__)][-MOST_FRAMES:]
    return safe


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        safe = without_content(record)
        lines = [super().format(safe)]
        if "exception" in safe.__dict__:
            lines += [f"  {line}" for line in (safe.__dict__["exception"], *safe.__dict__["stack"])]
        return "\n".join(lines)


class _JsonLines(JsonFormatter):
    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__(
            ["levelname", "name", "message"], timestamp="time", rename_fields=names, json_ensure_ascii=False
        )

    def format(self, record: logging.LogRecord) -> str:
        return super().format(without_content(record))


def _report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, (KeyboardInterrupt, SystemExit)):
        return
    logger.critical("Unerwarteter Fehler.", exc_info=(kind, error or kind(), trace))


def _sentence(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OWN:
        return record.getMessage()
    if record.name in FIXED_SENTENCES:
        first, *others = record.getMessage().strip().splitlines() or [""]
        if not first.startswith("Traceback"):
            return first
        # Starlette hands over what failed at the start as text; the last line is the error with its message
        frames = [line.strip() for line in others if line.startswith('  File "')]
        return " ".join(["Traceback", *frames, others[-1].partition(":")[0] if others else ""]).strip()
    return f"{_place(record.pathname)}:{record.lineno}"


def _kinds(error: BaseException) -> Iterator[str]:
    """Name the kind of an error and of those it came of, the last one first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield type(current).__name__
        if isinstance(current, BaseExceptionGroup):
            for part in current.exceptions:
                yield from _kinds(part)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame, line in traceback.walk_tb(trace):
        yield f"{_place(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"


def _place(path: str) -> str:
    """Return a path from the project or its packages on: enough to find the line."""
    for root in (f"{ROOT}/bot/", "/site-packages/", f"{Path(traceback.__file__).parent}/"):
        if root in path:
            return ("bot/" if root.endswith("/bot/") else "") + path.partition(root)[2]
    return path
