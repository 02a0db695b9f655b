"""Firefox as its makers ship it, driven over WebDriver BiDi; needs no driver beside it."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import websocket

NAMES = ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"]


def find_firefox():
    """Path of a Firefox; skips the test where there is none."""
    for name in (os.environ.get("FIREFOX", ""), *NAMES):
        if path := shutil.which(name):
            return path
    install = "`apt-get install firefox-esr` or `brew install --cask firefox`"
    pytest.skip(f"no Firefox: {install}, or set FIREFOX to the path of one")


class Page:
    """One tab."""

    def __init__(self, socket):
        self.socket, self.count = socket, 0
        self.call("session.new", capabilities={})
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method, **params):
        """Send a command; its result."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.count:
            pass
        assert answer["type"] == "success", f"{method}: {answer}"
        return answer["result"]

    def open(self, url):
        self.call("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def size(self, width, height, ratio=1.0):
        viewport = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self.tab, viewport=viewport,
                  devicePixelRatio=ratio)  # fmt: skip

    def evaluate(self, expression):
        """The value of an expression, which may be a promise; anything that JSON can say."""
        said = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.tab},
            awaitPromise=True,
        )
        assert said["type"] == "success", said
        return json.loads(said["result"].get("value") or "null")

    def press(self, key):
        """Press and release a key; a name of WebDriver's private characters or a letter."""
        keys = {"ArrowRight": "\ue014", "ArrowLeft": "\ue012", "Tab": "\ue004"}
        steps = [{"type": kind, "value": keys.get(key, key)} for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keys", "actions": steps}
        self.call("input.performActions", context=self.tab, actions=[source])

    def screenshot(self, css=None):
        """A PNG of the window, or of the first element of a selector."""
        clip = {}
        if css:
            found = self.call("browsingContext.locateNodes", context=self.tab,
                              locator={"type": "css", "value": css}, maxNodeCount=1)  # fmt: skip
            clip = {
                "clip": {"type": "element", "element": {"sharedId": found["nodes"][0]["sharedId"]}}
            }
        shot = self.call("browsingContext.captureScreenshot", context=self.tab, **clip)
        return base64.b64decode(shot["data"])


@contextmanager
def open_firefox(**preferences):
    """A tab in a fresh profile without a window; `preferences` as in about:config, _ for a dot."""
    program = find_firefox()
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            f"user_pref({json.dumps(name.replace('_', '.'))}, {json.dumps(value)});"
            for name, value in preferences.items()
        ]
        Path(folder, "user.js").write_text("\n".join(lines), "utf-8")
        command = [program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile"]
        home = {"HOME": folder, "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}
        browser = subprocess.Popen(
            [*command, folder], env=os.environ | home, stderr=subprocess.PIPE, text=True
        )
        try:
            for line in browser.stderr:
                if address := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                    break
            socket = websocket.create_connection(
                f"{address[1]}/session", timeout=180, suppress_origin=True
            )
            yield Page(socket)
            socket.close()
        finally:
            browser.terminate()
            browser.wait(90)
