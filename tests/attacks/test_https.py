"""Behind https: a browser that never comes back without encryption, and is not told what runs here."""

import json
import os
import subprocess
import sys

import pytest

from kam.local import places

# A process of its own, because the address decides in the settings; it asks for no database.
ASK = """
import json, django
django.setup()
from django.test import Client
answer = Client().get("/livez", secure=True, headers={"host": "kam.example"})
plain = Client().get("/livez", headers={"host": "kam.example"})
print(json.dumps([dict(answer.headers), plain.status_code, plain.headers.get("Location")]))
"""


@pytest.fixture(scope="module")
def deployed():
    env = os.environ | {"KAM_BASE_URL": "https://kam.example", "ALLOWED_HOSTS": "kam.example"}
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=places.CHECKOUT, env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_browser_stays_with_https(deployed):
    headers, status, target = deployed
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert (status, target) == (301, "https://kam.example/livez")


def test_no_header_says_what_runs_here(deployed):
    headers, *_ = deployed
    assert not {"Server", "X-Powered-By", "Via"} & set(headers)
