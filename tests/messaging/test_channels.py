import socketserver
import threading
from email.message import EmailMessage

import pytest

from lms.messaging import channels


def letter():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Madar <no-reply@example.org>", "a@example.org", "مدار"
    message.set_content("There is something new for you.")
    return message


def test_without_a_mail_server_messages_go_into_a_folder(tmp_path):
    channels.send((tmp_path / "mail box").as_uri(), letter())
    (file,) = (tmp_path / "mail box").iterdir()
    assert file.suffix == ".eml" and b"There is something new" in file.read_bytes()


class _Plain(socketserver.StreamRequestHandler):
    """A mail server that offers no TLS."""

    def handle(self):
        self.wfile.write(b"220 plain\r\n")
        while line := self.rfile.readline():
            self.server.heard.append(line)
            self.wfile.write(b"250 plain\r\n" if line.upper().startswith((b"EHLO", b"HELO")) else b"221 bye\r\n")
            if line.upper().startswith(b"QUIT"):
                return


def test_a_mail_server_without_tls_gets_nothing():
    with socketserver.TCPServer(("127.0.0.1", 0), _Plain) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(OSError, match="STARTTLS"):
            channels.send(f"smtp://127.0.0.1:{server.server_address[1]}", letter())
        server.shutdown()
    assert not any(line.upper().startswith((b"MAIL", b"DATA", b"AUTH")) for line in server.heard)
