"""What tests of the suite put in the place of vcrpy's connection, to end streams by hand."""

import io
from types import SimpleNamespace
from typing import Any

from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict
from urllib3.connection import HTTPConnection

_ask = HTTPConnection.getresponse


class VCRConnection:
    """A connection that plays nothing: `getresponse` is there to be replaced."""

    def __init__(self, connection: HTTPConnection, path: str) -> None:
        self.real_connection = connection
        self._vcr_request = SimpleNamespace(path=path)

    def getresponse(self) -> HTTPResponse:
        replaced = vars(self.real_connection).pop("getresponse", None)
        # Put back by the suite, it is the method of the class.
        if replaced is None or getattr(replaced, "__func__", None) is _getresponse:
            return _ask(self.real_connection)
        read: Any = replaced()
        return HTTPResponse(
            io.BytesIO(read.read()),
            headers=HTTPHeaderDict(read.msg.items()),
            status=read.status,
            reason=read.reason,
            preload_content=False,
        )


def _getresponse(connection: HTTPConnection) -> HTTPResponse:
    options: Any = connection._response_options  # noqa: SLF001 where urllib3 keeps the path
    path = options.request_url if options else ""
    return VCRConnection(connection, path).getresponse()


HTTPConnection.getresponse = _getresponse  # type: ignore[method-assign]
