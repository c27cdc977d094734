"""A mail server on loopback that speaks STARTTLS, notes what it takes, and can be as bad as a real one."""

import ipaddress
import os
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TRUSTED = "SSL_CERT_FILE"
"""By this variable OpenSSL is told whom to trust; the product needs no setting of its own for it."""

STEP_SECONDS = 0.05


class Mood(StrEnum):
    """How the server is today."""

    WELL = "well"
    BUSY = "busy"  # 4xx for every recipient
    SILENT = "silent"  # takes the connection and never says a word
    SLOW = "slow"  # says each word after a while
    DRIPPING = "dripping"  # a byte now and then, so that no pause is long
    RUDE = "rude"  # takes the message and never says goodbye
    GONE = "gone"  # hangs up after the message was sent, before it is acknowledged


@dataclass(frozen=True)
class Taken:
    """One message that was acknowledged. key: its Message-ID."""

    key: str
    to: str
    subject: str
    text: str
    at: float


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1, or on a given one."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, certificate: "Certificate", *, port: int = 0, mood: Mood = Mood.WELL) -> None:
        super().__init__(("127.0.0.1", port), _Conversation)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.path, certificate.key_path)
        self.mood, self.slow_seconds = mood, 0.5
        self.taken: list[Taken] = []
        self.calls = 0
        self.stopping = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """As LMS_MAIL_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is what these tests are about."""

    def wait(self, seconds: float) -> None:
        """Wait, or until the server ends."""
        self.stopping.wait(seconds)


@contextmanager
def mail_server(certificate: "Certificate", *, port: int = 0, mood: Mood = Mood.WELL) -> Iterator[MailServer]:
    """A running mail server."""
    server = MailServer(certificate, port=port, mood=mood)
    thread = threading.Thread(target=server.serve_forever, args=(STEP_SECONDS,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.calls += 1
        if self.server.mood is Mood.SILENT:
            self.server.wait(600)
            return
        with suppress(OSError):
            self._talk()
        self.rfile.close()
        self.connection.close()  # TLS took the connection over: nobody else closes it

    def _talk(self) -> None:
        self._say("220 ready")
        self.is_safe, self.to, self.body = False, "", b""
        while line := self.rfile.readline():
            word = line.split(b" ")[0].strip().upper().decode()
            if not getattr(self, f"_{word.lower()}", self._other)(line.decode()):
                return

    def _ehlo(self, line: str) -> bool:
        self._say("250-here", "250 SMTPUTF8" if self.is_safe else "250 STARTTLS")
        return True

    def _starttls(self, line: str) -> bool:
        self._say("220 go on")
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.is_safe = True
        return True

    def _mail(self, line: str) -> bool:
        self._say("250 ok" if self.is_safe else "530 first TLS")
        return True

    def _rcpt(self, line: str) -> bool:
        self.to = line.partition("<")[2].partition(">")[0]
        self._say("451 later" if self.server.mood is Mood.BUSY else "250 ok")
        return True

    def _data(self, line: str) -> bool:
        self._say("354 go on")
        lines = []
        while (part := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(part)
        if self.server.mood is Mood.GONE:
            return False
        self._take(b"".join(lines))
        self._say("250 taken")
        return True

    def _take(self, raw: bytes) -> None:
        """Note it before it is acknowledged: what was acknowledged was noted, whoever is killed in between."""
        message = message_from_bytes(raw)
        text = bytes(message.get_payload(decode=True) or b"").decode()
        self.server.taken.append(
            Taken(str(message["Message-ID"]), self.to, str(message["Subject"]), text, time.monotonic())
        )

    def _quit(self, line: str) -> bool:
        if self.server.mood is Mood.RUDE:
            self.server.wait(600)
        self._say("221 bye")
        return False

    def _rset(self, line: str) -> bool:
        self._say("250 ok")
        return True

    def _other(self, line: str) -> bool:
        self._say("502 what")
        return True

    def _say(self, *lines: str) -> None:
        told = "".join(f"{line}\r\n" for line in lines).encode()
        if self.server.mood is Mood.SLOW:
            self.server.wait(self.server.slow_seconds)
        if self.server.mood is not Mood.DRIPPING:
            self.wfile.write(told)
            return
        for byte in told:
            self.server.wait(self.server.slow_seconds)
            self.wfile.write(bytes([byte]))


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 and localhost that vouches for itself."""

    path: Path
    key_path: Path

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Trust it in this process and in those that it starts."""
        before = os.environ.get(TRUSTED)
        os.environ[TRUSTED] = str(self.path)
        try:
            yield
        finally:
            os.environ.pop(TRUSTED)
            if before is not None:
                os.environ[TRUSTED] = before


def make_certificate(folder: Path, host: str = "localhost", address: str = "127.0.0.1") -> Certificate:
    """Make one, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begins = datetime.now(UTC) - timedelta(hours=12)
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address(address))]
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
         "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / "mail.crt", folder / "mail.key")
    made.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made
