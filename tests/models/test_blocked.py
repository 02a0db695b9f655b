"""A product without one of its packages."""

import pytest

from lmlab.models import blocked


def test_modules_of_a_package():
    assert blocked.modules_of("idna") == {"idna"}
    assert blocked.modules_of("typing-extensions") == {"typing_extensions"}
    assert blocked.modules_of("protobuf") == {"google.protobuf", "google._upb"}


@pytest.mark.parametrize(
    ("package", "said"), [("", ""), ("idna", ""), ("h11", "ModuleNotFoundError no module h11")]
)
def test_an_onnx_service(package, said):
    assert blocked.answers("ONNX", package).split(":")[0] == said


def test_another_stack_is_refused():
    with pytest.raises(ValueError, match="`stack` must be one of"):
        blocked.answers("Torch")
