"""Say what to install when this Python is too old or cannot make a virtual environment."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file runs on the Pythons that it refuses
    sys.exit(
        "Large Models Lab needs Python 3.11, 3.12 or 3.13; "
        f"{sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}.\n"
        "Install one (Debian, Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install\n"
        "python@3.12) and run make again, or name it: make PYTHON=/path/to/python3.12 book"
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit(
        "This Python cannot make a virtual environment: its venv package is missing.\n"
        "Debian, Ubuntu: apt install python3-venv, then run make again."
    )

proxy = next(
    (os.environ[name] for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
     if os.environ.get(name)), ""
)  # fmt: skip
if proxy.startswith("socks"):
    sys.exit(
        "pip cannot use the SOCKS proxy of your environment (" + proxy + ") in a new virtual\n"
        "environment. Set HTTPS_PROXY to an HTTP proxy, or unset ALL_PROXY, and run make again."
    )
