"""Log lines and metrics: what an operator sees of a running process."""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_DEEPEST: Final = 12


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "commonlore_requests",
            "Requests answered.",
            ("door", "method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "commonlore_request_seconds",
            "Seconds until an answer was ready.",
            ("door", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        # The same two series for each way to answer: looking them up costs more than counting.
        self._series: dict[tuple[str, str, str, int], tuple[Counter, Histogram]] = {}
        self.refusals = Counter(
            "commonlore_refusals",
            "Requests refused, by the stable reason.",
            ("reason",),
            registry=self._registry,
        )
        self.second_knocks = Counter(
            "commonlore_second_knocks",
            "Outgoing requests signed once more because the first signature was refused.",
            ("scheme", "result"),
            registry=self._registry,
        )
        self.queued = Gauge(
            "commonlore_queued",
            "Rows in a queue, by state; the same from every process.",
            ("queue", "state"),
            registry=self._registry,
        )
        self.oldest = Gauge(
            "commonlore_oldest_due_seconds",
            "How long the oldest due row of a queue has been due.",
            ("queue",),
            registry=self._registry,
        )

    def answered(
        self, door: str, method: str, route: str, status: int, *, seconds: float
    ) -> None:
        """Count an answer, and how long it took; `route` is the pattern of a path."""
        key = (door, method, route, status)
        series = self._series.get(key)
        if series is None:
            series = self.requests.labels(*key), self.seconds.labels(door, route)
            self._series[key] = series
        series[0].inc()
        series[1].observe(seconds)

    def text(self) -> bytes:
        """Everything in the text format of Prometheus."""
        return generate_latest(self._registry)


def configure_logging(
    style: Literal["json", "text"], *, level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Send our own events and those of libraries to one stream, one line each."""
    to = stream or sys.stderr
    colours = style == "text" and to.isatty()
    render: Any = _json if style == "json" else structlog.dev.ConsoleRenderer(colors=colours)
    # Foreign and own events take the same steps, or their order and shape would differ; ours
    # are written at once, because the way through `logging` costs four times as much.
    first: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
    ]
    then: list[Any] = [structlog.processors.TimeStamper(fmt="iso", utc=True), _tell_failure]
    structlog.configure(
        processors=[*first, *then, render],
        logger_factory=structlog.WriteLoggerFactory(to),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*first, structlog.stdlib.ExtraAdder(), *then],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    handler = logging.StreamHandler(to)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def _json(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
    return orjson.dumps(event, default=repr).decode()


def _tell_failure(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say which failure and where, never its message: it may quote a document (VIS-20)."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["failure"] = type(error).__name__
        event["at"] = _places(error.__traceback__)
        if error.__cause__ is not None:
            event["cause"] = type(error.__cause__).__name__
    return event


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-_DEEPEST:]
