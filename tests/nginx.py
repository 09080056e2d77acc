"""A real nginx on loopback with the example configuration; only ports and places are other ones."""

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "bot" / "deployment" / "nginx.conf"
LONGEST_START = 30
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def free_port() -> int:
    """Return a port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Nginx:
    """nginx in the foreground with a certificate of its own."""

    def __init__(self, folder: Path, bot_port: int, allowed: str = "127.0.0.0/8") -> None:
        """`allowed` is the network that takes the place of 127.0.0.0/8 in the example."""
        self.folder = folder
        self.http, self.https = free_port(), free_port()
        _make_certificate(folder)
        (folder / "site.conf").write_text(self._adapt(EXAMPLE.read_text(encoding="utf-8"), bot_port, allowed))
        places = "".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/main.log; events {{}}\n"
            f"http {{ include {folder}/site.conf; {places} }}\n"
        )
        folder.chmod(0o755)  # its workers give up the rights of root
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._process = subprocess.Popen([program, "-e", f"{folder}/main.log", "-c", f"{folder}/nginx.conf"])
        self._wait()

    @property
    def log(self) -> str:
        """What the example lets nginx write down."""
        return (self.folder / "jobcenter-bot.log").read_text() + (self.folder / "jobcenter-bot.error.log").read_text()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)

    def _adapt(self, text: str, bot_port: int, allowed: str) -> str:
        for given, wanted in {
            "/etc/ssl/certs/chat.example.de.pem": f"{self.folder}/certificate.pem",
            "/etc/ssl/private/chat.example.de.key": f"{self.folder}/key.pem",
            "/var/log/nginx": str(self.folder),
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.https} ssl",
            "server 127.0.0.1:8080;": f"server 127.0.0.1:{bot_port};",
            "allow 127.0.0.0/8;": f"allow {allowed};",
        }.items():
            assert given in text, f"nginx.conf: {given}"
            text = text.replace(given, wanted)
        return re.sub(r"listen \[::\].*", "", text)

    def _wait(self) -> None:
        deadline = time.monotonic() + LONGEST_START
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.https), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self._process.poll() is None, (
                    self.folder / "main.log"
                ).read_text()
                time.sleep(0.05)


def _make_certificate(folder: Path) -> None:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=chat.example.de -keyout key.pem"
    subprocess.run([*command.split(), "-out", "certificate.pem"], cwd=folder, check=True, capture_output=True)
