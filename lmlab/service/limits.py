"""What a service must refuse before it reads on: bodies too large, too slow, or never finished."""

import asyncio
import json

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["BodyLimits", "timed_protocol"]

# A limit counts in slices, each of which looks at the wire: a service that is itself late, because
# its machine is busy, does not blame a client whose bytes have long been there.
SLICES = 5


class BodyLimits:
    """ASGI layer: reads the body before the application does, within bytes and seconds.

    Args:
        app: the application behind.
        max_bytes: a longer body is answered with 413, by its header if it states a length.
        max_seconds: a body that is not there by then is answered with 408.
        on_refusal: called with the status of each refusal.
    """

    def __init__(self, app, *, max_bytes: int, max_seconds: float, on_refusal=lambda status: None):
        self._app, self._on_refusal = app, on_refusal
        self._max_bytes, self._max_seconds = max_bytes, max_seconds

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        too_large = f"the body is larger than {self._max_bytes} bytes"
        if int(stated) > self._max_bytes:  # the protocol has refused what is no number
            return await self._refuse(send, 413, too_large)
        try:
            body = await self._read(receive)
        except TimeoutError:
            reason = f"the body was not complete after {self._max_seconds:g} s"
            return await self._refuse(send, 408, reason)
        except ConnectionError:
            return None  # the client has gone: nobody to answer
        if body is None:
            return await self._refuse(send, 413, too_large)
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again():
            return next(messages, None) or await receive()

        return await self._app(scope, again, send)

    async def _read(self, receive) -> bytes | None:
        body, slices = bytearray(), SLICES
        end = asyncio.get_running_loop().time() + self._max_seconds
        while True:
            try:
                message = await asyncio.wait_for(receive(), self._max_seconds / SLICES)
            except TimeoutError:
                slices -= 1
                if not slices:
                    raise
                continue
            if message["type"] == "http.disconnect":
                raise ConnectionError
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                return None
            if not message.get("more_body"):
                return bytes(body)
            if asyncio.get_running_loop().time() > end:  # byte by byte, and still not done
                slices -= 1
                if not slices:
                    raise TimeoutError

    async def _refuse(self, send, status: int, reason: str) -> None:
        self._on_refusal(status)
        content = json.dumps({"error": reason}).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def timed_protocol(max_seconds: float) -> type[H11Protocol]:
    """uvicorn's HTTP protocol, which closes a connection that sends no whole head in time.

    uvicorn itself waits for ever for the end of a request line. The connection is answered with
    408 and closed; between two requests the server's own limit for idle connections counts.
    """

    class TimedProtocol(H11Protocol):
        timer: asyncio.TimerHandle | None = None
        slices = SLICES

        def connection_made(self, transport):
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data):
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._wait_for_head()
            elif self.timer:
                self.timer.cancel()
                self.timer = None

        def connection_lost(self, exc):
            if self.timer:
                self.timer.cancel()
            super().connection_lost(exc)

        def _wait_for_head(self):
            if not self.timer:
                self.slices = SLICES
                self.timer = self.loop.call_later(max_seconds / SLICES, self._give_up)

        def _give_up(self):
            self.slices -= 1
            if self.slices:
                self.timer = self.loop.call_later(max_seconds / SLICES, self._give_up)
                return
            self.timer = None
            idle = self.cycle is None or self.cycle.response_complete
            if idle and not self.transport.is_closing():
                body = json.dumps({"error": f"no whole request head after {max_seconds:g} s"})
                head = "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\n"
                head += f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
                self.transport.write((head + body).encode())
                self.transport.close()

    return TimedProtocol
