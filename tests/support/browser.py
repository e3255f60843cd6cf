"""Debian's Chromium without a window, driven by the DevTools protocol over a pipe."""

import json
import os
import select
import shutil
import subprocess
import time

import pytest

from support.project import PATIENCE

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    not CHROMIUM and os.environ.get("REQUIRE_TOOLS") != "1",
    reason="needs chromium; with REQUIRE_TOOLS=1 its lack is a failure",
)
# Whatever the browser would say in its console: what a policy blocks, what cannot be loaded, scripts' errors.
_COMPLAINTS = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Audits.issueAdded")


class Browser:
    """A browser with one tab; ``complaints`` is what it has found wrong with the pages since it was started."""

    def __init__(self, folder):
        assert CHROMIUM, "install chromium"
        self.complaints = []
        self._number, self._text = 0, b""
        theirs, self._write = os.pipe()
        self._read, answers = os.pipe()
        # The browser reads from descriptor 3 and writes to 4.  Root has no sandbox.
        options = (
            "--headless=new --no-sandbox --remote-debugging-pipe --no-first-run --disable-gpu --disable-dev-shm-usage"
        )
        command = (
            "bash",
            "-c",
            f'exec "$@" {options} 3<&"$0" 4>&1',
            str(theirs),
            CHROMIUM,
            f"--user-data-dir={folder}",
        )
        self._process = subprocess.Popen(command, pass_fds=[theirs], stdout=answers, stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(answers)
        self._session = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Log", "Runtime", "Page", "Audits"):
            self._call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(PATIENCE)
        os.close(self._read)
        os.close(self._write)

    def open(self, url, width=1200, scheme="light"):
        """Open a page in a window of this width, for a user who prefers this color scheme."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", features=features)
        failure = self._call("Page.navigate", url=url).get("errorText")
        assert not failure, failure
        self.wait(f"document.readyState == 'complete' && location.href == {json.dumps(url)}")

    def evaluate(self, expression):
        """Return the value of a JavaScript expression in the page, whatever the page itself may run."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, expression):
        """Wait until a JavaScript expression is true in the page."""
        end = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def _call(self, method, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("method") in _COMPLAINTS:
                self.complaints.append(answer["params"])
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self):
        """Return the next message of the browser."""
        while b"\0" not in self._text:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            chunk = os.read(self._read, 1 << 20)
            assert chunk, "the browser has ended"
            self._text += chunk
        message, _, self._text = self._text.partition(b"\0")
        return json.loads(message)
