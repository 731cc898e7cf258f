"""Which addresses we post to: https, two ports, and public machines only. Asked when saved, and again at every try."""

import socket
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from kam.webhooks.faults import Refused

PORTS = (443, 8443)
INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa")
# Ways to write an IPv4 address inside an IPv6 one, and how many bits stand behind it.
WRAPPED = ((IPv6Network("64:ff9b::/96"), 0), (IPv6Network("2002::/16"), 80), (IPv6Network("::/96"), 0))


class Target(NamedTuple):
    """Where to connect: `ip` and `port`; `host` is what the certificate and the Host header must say."""

    secure: bool
    host: str
    port: int
    path: str
    ip: str = ""


def parsed(url):
    """The parts of an address that may be posted to. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Refused("not_an_address") from error
    host = (parts.hostname or "").rstrip(".").lower()
    if not host or any(c.isspace() or not c.isprintable() for c in url):
        raise Refused("not_an_address")
    if parts.username is not None or parts.password is not None:
        raise Refused("names_a_person")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme == "https", _ascii(host), port, path)
    if not is_exempt(target):
        _must_be_public(parts.scheme, target)
    return target


def _must_be_public(scheme, target):
    if scheme != "https":
        raise Refused("not_https")
    if target.port not in PORTS:
        raise Refused("wrong_port")
    is_single = "." not in target.host and ":" not in target.host
    if is_single or target.host.endswith(INSIDE) or not all(map(is_public, _numeric(target.host))):
        raise Refused("not_public")


def resolved(url):
    """`parsed`, with the IP address to connect to. Every address the name has must be public. Raises Refused."""
    target = parsed(url)
    try:
        ips = _lookup(target.host)
    except OSError as error:
        raise Refused("unknown_host") from error
    if not is_exempt(target) and not all(map(is_public, ips)):
        raise Refused("not_public")
    return target._replace(ip=ips[0])


def is_exempt(target):
    """Whether the operator allows this machine by name and port, whatever it is."""
    return f"{target.host}:{target.port}" in settings.WEBHOOK_ALLOW


def is_public(ip):
    """Whether an address is one of the internet, and hides none that is not."""
    found = ip_address(ip.partition("%")[0])
    inner = _inside(found) if isinstance(found, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _inside(address):
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.teredo:
        return address.teredo[1]
    for network, shift in WRAPPED:
        if address in network:
            return ip_address((int(address) >> shift) & 0xFFFFFFFF)
    return None


def _ascii(host):
    """The name as the name service knows it, so that what looks alike is not mistaken for what it looks like.

    Raises Refused for a part that is empty or too long, which nobody could look up either.
    """
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Refused("not_an_address") from error


def _numeric(host):
    """The address that a host like 127.1, 0x7f.1 or 2130706433 means, without asking anybody; none for a name."""
    try:
        return _lookup(host, socket.AI_NUMERICHOST)
    except OSError:
        return []


def _lookup(host, flags=0):
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(address[0] for *_rest, address in found))
