"""A mail server on the loopback for tests: real SMTP over a real socket, that takes, refuses or is away as told."""

from __future__ import annotations

import base64
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from tracker.config import MailServer, Security


class Certificate:
    """A certificate for 127.0.0.1 that signs itself, made for one test."""

    def __init__(self, folder: Path) -> None:
        self.file, self.key = folder / "certificate.pem", folder / "key.pem"
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=post office", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run([*made, "-keyout", str(self.key), "-out", str(self.file)], check=True, capture_output=True)

    def context(self) -> ssl.SSLContext:
        """Return what a server needs of it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


class PostOffice(socketserver.ThreadingTCPServer):
    """Keeps what it took; ``refusing`` are addresses it will never take anything for, ``busy`` says it takes nothing now.

    With a certificate it speaks TLS, from the first word or after STARTTLS; with ``users`` it takes nothing from anybody else.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, *, security: Security = Security.NONE, certificate: Certificate | None = None, users: dict[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Clerk)
        self.security, self.users = security, users or {}
        self.context = certificate.context() if certificate else None
        self.taken: list[EmailMessage] = []
        self.refusing: set[str] = set()
        self.busy = False
        self.rude = False
        """Whether it answers leave-taking with an error."""

    @property
    def server(self) -> MailServer:
        """How the program is told of it."""
        return MailServer("127.0.0.1", "tracker@example.org", self.server_address[1], self.security)

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what it took, in order."""
        return [str(one["Message-ID"]) for one in self.taken]


class _Clerk(socketserver.StreamRequestHandler):
    """One line from a client."""

    def handle(self) -> None:
        """Speak SMTP until the client leaves."""
        office = cast("PostOffice", self.server)
        self.known = not office.users
        if office.security is Security.TLS and not self._wrap(office):
            return
        self._say("220 post office")
        while line := self.rfile.readline():
            word = line.decode().strip()
            verb = word.upper()[:4]
            if verb == "QUIT":
                self._say("421 leave me alone" if office.rude else "221 bye")
                return
            if verb == "STAR":
                self._say("220 go ahead")
                if not self._wrap(office):
                    return
            elif verb == "DATA":
                self._take(office)
            else:
                self._say(self._answer(office, verb, word))

    def finish(self) -> None:
        """Close what TLS opened anew."""
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def _answer(self, office: PostOffice, verb: str, word: str) -> str:
        if verb == "EHLO":
            offered = ["post office", *["STARTTLS"] * (office.security is Security.STARTTLS and not isinstance(self.request, ssl.SSLSocket))]
            offered += ["AUTH PLAIN"] * bool(office.users)
            return "\r\n".join(f"250{'-' if place < len(offered) else ' '}{one}" for place, one in enumerate(offered, 1))
        if verb == "AUTH":
            _, user, password = base64.b64decode(word.rsplit(maxsplit=1)[-1]).decode().split("\0")
            self.known = office.users.get(user) == password
            return "235 welcome" if self.known else "535 5.7.8 wrong name or password"
        if verb == "MAIL" and not self.known:
            return "530 5.7.0 say who you are"
        if verb == "RCPT" and any(address in word for address in office.refusing):
            return "550 5.1.1 nobody of that name"
        return "451 4.3.0 come back later" if verb == "RCPT" and office.busy else "250 ok"

    def _wrap(self, office: PostOffice) -> bool:
        """Go on under TLS; say whether the client agreed."""
        assert office.context is not None
        try:
            self.request = office.context.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, OSError):
            return False
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
        return True

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
def open_post_office(built: PostOffice | None = None) -> Iterator[PostOffice]:
    """Open one for the length of a test, a plain one where none is given."""
    with built or PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield office
        office.shutdown()
        thread.join()
