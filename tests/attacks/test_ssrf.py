"""A21: a webhook must not reach machines inside. A canary on this machine counts who knocks."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError

from kam.models import Webhook
from kam.webhooks import address, post, services
from kam.webhooks.faults import Refused
from tests import make
from tests.receiver import Receiver

INSIDE = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a00:1]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[fe80::1]",
    "[fd00::1]",
    "[ff02::1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "metadata.google.internal",
    "metadata",
    "intranet",
    "printer.local",
    "kam.corp",
    "１２７.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
]


@pytest.mark.parametrize("host", INSIDE)
def test_a_machine_inside_is_refused_before_anybody_is_asked(host):
    with pytest.raises(Refused):
        address.parsed(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "gopher://example.com/",
        "https://a..b.com/",
        f"https://{'a' * 64}.com/",
        "https://.example.com/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "dict://example.com:443/",
        "//example.com/",
        "example.com",
        "https://",
        "https:///",
        "https://user@example.com/",
        "https://example.com@127.0.0.1/",
        "https://user:pass@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://example.com:8080/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exam ple.com/",
        "https://example.com/\r\nHost: inside",
        "https://example.com/\tx",
        "https://[::1/",
        "https://\x00example.com/",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(url):
    with pytest.raises(Refused):
        address.parsed(url)


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1:248:1893:25c8:1946]", "example.com", "例え.jp"])
@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_a_machine_of_the_internet_is_taken(host, port):
    assert address.parsed(f"https://{host}{port}/hook?x=1").path == "/hook?x=1"


@pytest.mark.django_db
@pytest.mark.parametrize("host", INSIDE[:12])
def test_nobody_saves_a_webhook_to_a_machine_inside(host):
    with pytest.raises(ValidationError):
        services.create(by=make.user(), name="x", url=f"https://{host}/", events=["*.*:*"])
    assert not Webhook.objects.exists()


@pytest.fixture
def canary():
    """A listener on this machine; `.knocks` are the connections it got."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    knocks, over = [], threading.Event()

    def listen():
        while not over.is_set():
            try:
                knocks.append(listener.accept()[1])
            except TimeoutError:
                continue

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield type("Canary", (), {"port": listener.getsockname()[1], "knocks": knocks})
    over.set()
    thread.join()
    listener.close()


def answers(*ips):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in ips]


def numeric_or(found):
    """The name service of a test: numbers mean themselves, every name means what `found()` says."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, flags=0, **kwargs):
        try:
            return real(host, port, *args, flags=flags | socket.AI_NUMERICHOST, **kwargs)
        except OSError:
            if flags & socket.AI_NUMERICHOST:
                raise
        return found()

    return getaddrinfo


def test_a_public_name_of_a_machine_inside_is_refused(monkeypatch, canary):
    """All addresses of a name must be public; one that is not is enough."""
    monkeypatch.setattr(address, "PORTS", (canary.port,))
    for ips in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["169.254.169.254"]):
        monkeypatch.setattr(socket, "getaddrinfo", numeric_or(lambda ips=ips: answers(*ips)))
        found = post.post(f"https://rebinding.example.com:{canary.port}/", b"{}", {})
        assert found == post.Answer(None, "not_public")
    assert canary.knocks == []


def test_a_name_that_changes_its_address_is_asked_once_and_that_answer_is_used(monkeypatch, canary):
    """Rebinding: public when checked, inside when connected. The connection goes to what was checked."""
    monkeypatch.setattr(address, "PORTS", (canary.port,))
    told = iter([answers("203.0.114.1"), answers("127.0.0.1"), answers("127.0.0.1")])
    monkeypatch.setattr(socket, "getaddrinfo", numeric_or(lambda: next(told)))
    tried = []

    def connect(sock, place):
        tried.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    found = post.post(f"https://rebinding.example.com:{canary.port}/", b"{}", {})
    assert (found, tried, canary.knocks) == (post.Answer(None, "no_connection"), ["203.0.114.1"], [])


def test_a_redirect_is_not_followed(settings, canary):
    receiver = Receiver()
    settings.WEBHOOK_ALLOW = [receiver.place]

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", f"http://127.0.0.1:{canary.port}/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answer = redirect
    assert post.post(receiver.url, b"{}", {}) == post.Answer(302, "redirect")
    receiver.close()
    assert (len(receiver.got), canary.knocks) == (1, [])


def test_an_exemption_is_for_one_port_of_one_machine(settings, canary):
    settings.WEBHOOK_ALLOW = [f"127.0.0.1:{canary.port + 1}"]
    assert post.post(f"http://127.0.0.1:{canary.port}/", b"{}", {}) == post.Answer(None, "not_https")
    assert post.post(f"https://127.0.0.1:{canary.port}/", b"{}", {}) == post.Answer(None, "wrong_port")
    assert canary.knocks == []


def certificate(folder, name):
    """Files of a certificate of this name, signed by itself, and its key."""
    key, whose = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]),
    )
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(whose).issuer_name(whose).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    (folder / "cert.pem").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize(
    ("name", "is_trusted", "expected"),
    [
        ("localhost", True, post.Answer(200, "")),
        ("localhost", False, post.Answer(None, "certificate")),
        ("example.com", True, post.Answer(None, "certificate")),
    ],
)
def test_the_certificate_must_be_of_the_name_though_we_connect_to_an_address(
    settings, tmp_path, name, is_trusted, expected
):
    cert, key = certificate(tmp_path, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    receiver = Receiver(context)
    settings.WEBHOOK_ALLOW = [f"localhost:{receiver.port}"]
    settings.WEBHOOK_CA = str(cert) if is_trusted else ""
    found = post.post(f"https://localhost:{receiver.port}/hook", b"{}", {})
    receiver.close()
    assert (found, len(receiver.got)) == (expected, int(expected.is_good))
