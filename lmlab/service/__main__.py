"""The child of `Server`: `python -m lmlab.service EXPORT LISTENING_FD SETTINGS`."""

import asyncio
import json
import os
import signal
import socket
import sys
import threading

import uvicorn

from lmlab.service.app import create_app
from lmlab.service.export import Scorer
from lmlab.service.limits import timed_protocol


class Draining(uvicorn.Server):
    """On a signal: take no new connections, answer the open ones, then close.

    uvicorn closes a connection at once if its request has not been read yet. Here such a one has
    `linger` seconds to send it, and each answer says `connection: close`.
    """

    linger = 2.0

    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("ready", flush=True)

    async def shutdown(self, sockets=None):
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        end = asyncio.get_running_loop().time() + self.linger
        while self.server_state.connections and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)


def main(export: str, fd: str, settings: str) -> None:
    """Serve until SIGTERM, SIGINT, or the end of standard input."""
    settings = json.loads(settings)
    try:
        app = create_app(Scorer(export), **settings)
    except (OSError, TypeError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    seconds = settings.get("max_seconds", 2.0)
    config = uvicorn.Config(
        app,
        http=timed_protocol(seconds),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
    )
    threading.Thread(target=_end_with_parent, daemon=True).start()
    listener = socket.socket(fileno=int(fd))
    server = Draining(config)
    server.linger = min(seconds, Draining.linger)
    server.run(sockets=[listener])


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(*sys.argv[1:])
