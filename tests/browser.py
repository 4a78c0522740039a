#!/usr/bin/env python3
"""Opens a page in a headless Chromium and holds it to what it must be: all of these texts are seen, no script failed, nothing
was asked for outside of the file, and nothing is wider than its window, be that 1280 or 400 pixels. A picture is taken of each.

Usage: tests/browser.py PAGE [--picture FILE] TEXT…

Ends with 0 when all holds, 1 when something does not (each is named), 77 when there is no browser here, which is no success:
whoever calls says "not run". It needs nothing but Python; the browser is spoken to through its own pipe.
"""

import base64, json, os, pathlib, select, shutil, subprocess, sys, tempfile, time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]

# Windows of a desk and of a telephone, in pixels.
WIDTHS = [1280, 400]


class Browser:
    """The DevTools protocol over file descriptors 3 and 4 (--remote-debugging-pipe): messages end with a zero byte."""

    def __init__(self, program, folder):
        to_read, self.write = os.pipe()
        self.read, to_write = os.pipe()
        # What the child inherits as 3 and 4 must not be closed under its own numbers first.
        to_read, to_write = (os.dup2(fd, high) for fd, high in ((to_read, 103), (to_write, 104)))

        def ends():
            os.dup2(to_read, 3)
            os.dup2(to_write, 4)

        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        arguments += ["--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        self.child = subprocess.Popen([program, *arguments], preexec_fn=ends, close_fds=False, **quiet)
        os.close(to_read), os.close(to_write)
        self.left, self.number, self.events = b"", 0, []

    def message(self, until):
        while b"\0" not in self.left:
            if not select.select([self.read], [], [], max(0, until - time.monotonic()))[0]:
                return None
            more = os.read(self.read, 1 << 16)
            if not more:
                raise RuntimeError("the browser ended")
            self.left += more
        text, self.left = self.left.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, session=None, **params):
        self.number += 1
        text = {"id": self.number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self.write, json.dumps(text).encode() + b"\0")
        until = time.monotonic() + 40
        while (message := self.message(until)) is not None:
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)
        raise RuntimeError(f"{method}: no answer")

    def wait(self, method, seconds):
        until = time.monotonic() + seconds
        while not any(event.get("method") == method for event in self.events):
            message = self.message(until)
            if message is None:
                return False
            self.events.append(message)
        return True

    def rest(self, seconds):
        until = time.monotonic() + seconds
        while (message := self.message(until)) is not None:
            self.events.append(message)


def problems(browser, page, texts, picture):
    target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
    session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ["Page", "Runtime", "Network", "Log"]:
        browser.ask(f"{domain}.enable", session)
    browser.ask("Page.navigate", session, url=page.as_uri())
    if not browser.wait("Page.loadEventFired", 40):
        yield "it did not load"
    browser.rest(0.5)
    found = browser.ask("Runtime.evaluate", session, expression="document.body.innerText", returnByValue=True)
    shown = " ".join(str(found["result"].get("value")).split())
    for text in texts:
        if text not in shown:
            yield f"it does not show: {text}"
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in WIDTHS:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        browser.ask("Emulation.setDeviceMetricsOverride", session, **size)
        found = browser.ask("Runtime.evaluate", session, expression=wide, returnByValue=True)["result"].get("value")
        if found != 0:
            yield f"it is {found} pixels wider than a window of {width}"
        if picture:
            data = browser.ask("Page.captureScreenshot", session, captureBeyondViewport=True)["data"]
            path = pathlib.Path(picture)
            path.with_stem(f"{path.stem}-{width}").write_bytes(base64.b64decode(data))
    for event in browser.events:
        params = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith("data:") and url.split("#")[0] != page.as_uri():
                    yield f"it asks for {url}"
            case "Runtime.exceptionThrown":
                yield f"a script fails: {params['exceptionDetails'].get('text')}"
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                yield f"the browser complains: {params['entry']['text']}"
            case "Runtime.consoleAPICalled" if params["type"] == "error":
                yield "a script reports an error"


def main(arguments):
    picture = None
    if arguments[1:2] == ["--picture"]:
        picture, arguments = arguments[2], arguments[:1] + arguments[3:]
    page, texts = pathlib.Path(arguments[0]).resolve(), arguments[1:]
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        print("there is no browser here: not run")
        return 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            found = sorted(set(problems(browser, page, texts, picture)))
        finally:
            browser.child.kill()
            browser.child.wait()
    for problem in found:
        print(f"{page.name}: {problem}")
    if not found:
        print(f"{page.name}: {len(texts)} texts seen, nothing asked for outside, no script failed, nothing wider than the window")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
