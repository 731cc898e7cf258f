"""A little OpenID provider on loopback: discovery, keys, authorization and tokens, as far as a client needs them.

What it answers can be bent (`bend`), to see what KAM makes of it.
"""

import base64
import functools
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "kam", "a secret of the client"


@functools.cache
def _key():
    """One for all providers of a run: to make one takes as long as a test."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """`.url` is its address. `claims` says who signs in next, `sign` how the ID token is made."""

    def __init__(self):
        self.key = _key()
        self.codes, self.claims, self.asked, self.issuer = {}, {}, {}, None
        self.sign = self.properly
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def properly(self, claims):
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})

    def discovery(self):
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "1", "use": "sig", "alg": "RS256"}]}

    def authorize(self, query):
        """Where the browser is sent back to, as if the person had signed in here."""
        self.asked = query
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form):
        """(status, answer): a code works once, for its client, with its PKCE verifier."""
        query = self.codes.pop(form.get("code"), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if not query or not known or query.get("code_challenge") != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "u1",
            "iat": now,
            "exp": now + 300,
            "nonce": query.get("nonce"),
        }
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(claims)}

    def _handler(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = urlsplit(self.path)
                if path.path == "/authorize":
                    query = {k: v[0] for k, v in parse_qs(path.query).items()}
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(query))
                    return self.end_headers()
                pages = {"/.well-known/openid-configuration": provider.discovery, "/keys": provider.keys}
                return self.answer(200, pages[path.path]())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(*provider.token({k: v[0] for k, v in parse_qs(body).items()}))

            def answer(self, status, data):
                body = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                """Say nothing."""

        return Handler
