"""What all tests of live figures need."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

mpl.use("Agg")
pytest.register_assert_rewrite("live_cases")


@pytest.fixture(autouse=True)
def small_figures():
    """Small, quick pictures; no test may leave a figure open."""
    plt.close("all")
    with mpl.rc_context({"figure.figsize": (1, 0.8), "savefig.dpi": 40}):
        yield
    assert plt.get_fignums() == []
