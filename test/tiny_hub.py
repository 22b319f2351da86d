"""A model hub on this machine: serves folders as huggingface.co serves repositories, and can be made to fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE = 20_000  # from this size on, files have a SHA-256 as large ones on the hub


@dataclass
class Hub:
    """What is served, how, and what was asked for.

    Attributes:
        repositories: folder of each, by its id.
        resumes: answer requests for a range; otherwise always send the whole file.
        cut_after: break the connection after so many bytes, as often as there are numbers left.
        busy: answer 503, so many times.
        absent: status for what there is not.
        wrong: name of a file of which other bytes are sent than stated.
        asked: path and range of each request.
    """

    repositories: dict[str, Path]
    resumes: bool = True
    cut_after: list[int] = field(default_factory=list)
    busy: int = 0
    absent: int = 404
    wrong: str = ""
    address: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def fetched(self) -> list[str]:
        """Names of the files that were asked for."""
        return [path.rpartition("/")[2] for path, _ in self.asked if "/resolve/" in path]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve until left."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, hub))
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *arguments: object) -> None:
        self.hub = hub
        super().__init__(*arguments)

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.hub.asked.append((self.path, self.headers["Range"]))
        if self.hub.busy > 0:
            self.hub.busy -= 1
            self._send(503, b"later")
            return
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"] and "/".join(parts[2:4]) in self.hub.repositories:
            self._send(200, json.dumps(self._told(self.hub.repositories["/".join(parts[2:4])])).encode())
        elif "resolve" in parts and parts[3] == REVISION:
            # The hub sends on to a server of files.
            self._send(302, b"", {"Location": f"/files/{parts[0]}/{parts[1]}/{parts[4]}"})
        elif parts[0] == "files":
            self._send_file(self.hub.repositories["/".join(parts[1:3])] / parts[3])
        else:
            self._send(self.hub.absent, b"Repository not found")

    def _told(self, folder: Path) -> dict[str, object]:
        files = []
        for path in sorted(folder.iterdir()):
            if path.is_file():
                content = path.read_bytes()
                blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
                told: dict[str, object] = {"rfilename": path.name, "size": len(content), "blobId": blob}
                if len(content) >= LARGE:
                    sha256 = hashlib.sha256(content).hexdigest()
                    told["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 135}
                files.append(told)
        return {"sha": REVISION, "siblings": files}

    def _send_file(self, path: Path) -> None:
        content = path.read_bytes()
        if path.name == self.hub.wrong:
            content = content[:-1] + bytes([content[-1] ^ 1])
        wanted = self.headers["Range"]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.hub.resumes else 0
        more = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        if len(content) >= LARGE and self.hub.cut_after:
            self._send(206 if start else 200, content[start:], more, self.hub.cut_after.pop(0))
        else:
            self._send(206 if start else 200, content[start:], more)

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[:cut])
        if cut is not None:
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
