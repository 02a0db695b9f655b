"""Every run of pytest is a proof: `show` and `claim` print the stored text or fail."""

import os

from lmlab.check import PROOF

os.environ[PROOF] = "1"
