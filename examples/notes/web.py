"""Notes over HTTP: POST / keeps one, GET / lists them. It asks the store over localhost."""

from __future__ import annotations

import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORE = ("127.0.0.1", int(sys.argv[2]))


def ask(line: str) -> list[str]:
    """Send the store a line, and return the lines of its answer."""
    with socket.create_connection(STORE, timeout=5) as connection:
        connection.sendall(f"{line}\n".encode())
        answer = connection.makefile()
        return list(iter(lambda: answer.readline().rstrip("\n"), ""))


class Notes(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        self.answer("ALL")

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.answer("ADD " + self.rfile.read(length).decode())

    def answer(self, line: str) -> None:
        """Answer with what the store says, or 503 if it does not."""
        try:
            code, text = 200, "".join(f"{note}\n" for note in ask(line))
        except OSError as error:
            code, text = 503, f"no store: {error}\n"
            print(f"web: {text}", end="", flush=True)
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    server = ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Notes)
    print("web: ready", flush=True)
    server.serve_forever()
