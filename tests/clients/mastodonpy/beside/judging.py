"""The plugin that runs the suite live: does what its plugins would do, notes each end."""

import json
import time
from collections.abc import Callable, Iterator
from os import environ  # noqa: TID251 our own process, started for this
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import requests_mock as tables
import vcr as recordings
from vcr import stubs  # noqa: F401 it goes in where connections are answered

#: Asked before each test, so that as much may be asked in it as a member may ask at once.
_AFRESH: Final = environ["JUDGED_AFRESH"]
_NOTES: Final = Path(environ["JUDGED_NOTES"])
#: Nothing waits here for queues; what needs the time that it says is named.
_HURRY: Final = 0.2
_UNHURRIED: Final = {"test_account_mute_unmute"}
_sleep: Final = time.sleep


class _Called:
    """Stands where a function was, and notes how it was called."""

    def __init__(self, value: Any, act: Callable[..., Any] | None) -> None:
        self._value = value
        self._act = act
        self.call_args: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
        self.called = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.called, self.call_args = True, (args, kwargs)
        return self._act(*args, **kwargs) if self._act else self._value


class _Mocker:
    def __init__(self, patching: pytest.MonkeyPatch) -> None:
        self._patching = patching

    def patch(self, target: str, *, return_value: Any = None, side_effect: Any = None) -> None:
        self._patching.setattr(target, _Called(return_value, side_effect))


class _Live:
    """What the suite may change of how requests are matched: nothing is matched."""

    match_on: Any = None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vcr: live here, unless it names recordings")


@pytest.fixture
def vcr() -> _Live:
    return _Live()


@pytest.fixture
def mocker(monkeypatch: pytest.MonkeyPatch) -> _Mocker:
    return _Mocker(monkeypatch)


@pytest.fixture
def requests_mock(monkeypatch: pytest.MonkeyPatch) -> tables.Adapter:
    table = tables.Adapter()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda _session, **_how: table)
    return table


@pytest.fixture(autouse=True)
def _as_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Play where the mark names recordings of other servers; else ask ours."""
    requests.post(_AFRESH, timeout=10).raise_for_status()
    mark = request.node.get_closest_marker("vcr")
    if mark is None or "cassette_library_dir" not in mark.kwargs:
        yield
        return
    with recordings.use_cassette(f"{request.node.name}.yaml", **mark.kwargs):
        yield


@pytest.fixture(autouse=True)
def _hurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.name not in _UNHURRIED:
        monkeypatch.setattr(time, "sleep", lambda seconds: _sleep(seconds * _HURRY))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        with _NOTES.open("a") as notes:
            notes.write(json.dumps(_note(report)) + "\n")


def _note(report: pytest.TestReport) -> dict[str, str]:
    expected = hasattr(report, "wasxfail")
    return {
        "test": report.nodeid.removeprefix("tests/"),
        "when": report.when or "",
        "outcome": "passed" if expected and report.skipped else report.outcome,
        "why": report.longreprtext or _reason(report),
    }


def _reason(report: pytest.TestReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
