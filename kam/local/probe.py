"""`python -m kam.local.probe`: exit 0 when the web server of this container is ready."""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen


def ready(port: str, path: str = "/readyz", timeout: float = 5) -> bool:
    """Whether the server on this machine answers 200. It is asked as the proxy in front would: over https."""
    try:
        asked = Request(f"http://127.0.0.1:{port}{path}", headers={"X-Forwarded-Proto": "https"})
        with urlopen(asked, timeout=timeout) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(not ready(os.environ.get("PORT") or "8000"))
