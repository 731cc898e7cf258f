"""Build .venv with exactly the locked packages; run by the machine's own python3, before anything else.

    python3 -I kam/local/install.py run|dev

Written for old Pythons too, so that one that is too old gets a sentence and not a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(CHECKOUT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "kam-locks")
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
OLDEST, NEWEST = (3, 11), (3, 13)
ASK = "import sys; print(*sys.version_info[:2])"


def version_of(python):
    """(major, minor) of a Python program, or None when it cannot be run."""
    try:
        return tuple(map(int, subprocess.check_output([python, "-c", ASK], stderr=subprocess.DEVNULL).split()))
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


def suitable_python():
    """A Python that the locked packages support, or None."""
    for name in (sys.executable, "python3.11", "python3.12", "python3.13"):
        path = shutil.which(name)
        version = path and version_of(path)
        if version and OLDEST <= version <= NEWEST:
            return path
    return None


def digest(name):
    with open(os.path.join(CHECKOUT, LOCKS[name]), "rb") as lock:
        return name + " " + hashlib.sha256(lock.read()).hexdigest()


def installed(name):
    """Whether .venv holds what the lock `name` says now; the development lock includes the other one."""
    try:
        with open(STAMP) as stamp:
            found = stamp.read().split("\n")
    except OSError:
        return False
    return digest(name) in found and version_of(PYTHON) is not None


def fail(sentence):
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def make_environment():
    python = suitable_python()
    if python is None:
        fail(
            "KAM needs Python 3.11, 3.12 or 3.13 and this one is " + sys.version.split()[0] + ": install one of them "
            "(for example `apt-get install python3.11 python3.11-venv`)."
        )
    done = subprocess.run([python, "-m", "venv", "--clear", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        fail(
            "The virtual environment .venv could not be made: install Python's venv "
            "(for example `apt-get install python3-venv`), free some disk, or use a checkout of your own."
        )


def install(name):
    print("Installing the packages of", LOCKS[name], "into .venv (once, up to a few minutes) …")
    sys.stdout.flush()
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-warn-script-location", "--require-hashes", "-r", os.path.join(CHECKOUT, LOCKS[name])]
    env = dict(os.environ, PIP_ROOT_USER_ACTION="ignore")
    if subprocess.call(command, env=env):
        fail(
            LOCKS[name] + " could not be installed, see above: usually the package index cannot be reached "
            "(set pip's index-url or proxy), a wheel for this machine is missing, or the disk is full."
        )
    lines = [digest("run"), digest("dev")] if name == "dev" else [digest("run")]
    with open(STAMP, "w") as stamp:
        stamp.write("\n".join(lines) + "\n")


def main(name):
    if installed(name):
        return
    version = version_of(PYTHON)
    if not (version and OLDEST <= version <= NEWEST):
        make_environment()
    install(name)


if __name__ == "__main__":
    main(sys.argv[1])
