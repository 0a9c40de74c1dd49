"""Keeps notes in memory, for its neighbours in the pod only: it listens on 127.0.0.1.

A line "ADD text" keeps one, "ALL" answers with all, a line each, and an empty line.
"""

from __future__ import annotations

import socketserver
import sys


class Store(socketserver.ThreadingTCPServer):
    """The server, and the notes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Conversation)
        self.notes: list[str] = []


class Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: Store

    def handle(self) -> None:
        for line in self.rfile:
            verb, _, text = line.decode().rstrip("\n").partition(" ")
            if verb == "ADD":
                self.server.notes.append(text)
            answer = self.server.notes if verb == "ALL" else []
            self.wfile.write("".join(f"{note}\n" for note in [*answer, ""]).encode())


if __name__ == "__main__":
    with Store(int(sys.argv[1])) as store:
        print("store: ready", flush=True)
        store.serve_forever()
