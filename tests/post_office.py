"""A mail server on the loopback for tests: real SMTP over a real socket, that takes, refuses or is away as told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from tracker.config import MailServer, Security


class PostOffice(socketserver.ThreadingTCPServer):
    """Keeps what it took; ``refusing`` are addresses it will never take anything for, ``busy`` says it takes nothing now."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Clerk)
        self.taken: list[EmailMessage] = []
        self.refusing: set[str] = set()
        self.busy = False

    @property
    def server(self) -> MailServer:
        """How the program is told of it."""
        return MailServer("127.0.0.1", "tracker@example.org", self.server_address[1], Security.NONE)

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what it took, in order."""
        return [str(one["Message-ID"]) for one in self.taken]


class _Clerk(socketserver.StreamRequestHandler):
    """One line from a client."""

    def handle(self) -> None:
        """Speak SMTP until the client leaves."""
        office = cast("PostOffice", self.server)
        self._say("220 post office")
        while line := self.rfile.readline():
            word = line.decode().strip()
            verb = word.upper()[:4]
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "DATA":
                self._take(office)
            elif verb == "RCPT" and any(address in word for address in office.refusing):
                self._say("550 5.1.1 nobody of that name")
            elif verb == "RCPT" and office.busy:
                self._say("451 4.3.0 come back later")
            else:
                self._say("250 ok")

    def _take(self, office: PostOffice) -> None:
        self._say("354 go on")
        text = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            text += line.removeprefix(b".") if line.startswith(b"..") else line
        office.taken.append(cast("EmailMessage", message_from_bytes(text, policy=policy.default)))
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """Open one for the length of a test."""
    with PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield office
        office.shutdown()
        thread.join()
