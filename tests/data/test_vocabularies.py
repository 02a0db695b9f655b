"""Real vocabularies: known token numbers, the round trip, and what is refused."""

import base64
import unicodedata

import numpy as np
import pytest
from archives import pin_of, serve, wheel_of
from matplotlib.figure import Figure

from lmlab.data import vocabularies as vocab
from lmlab.data.vocabularies import DataError, Vocabulary

BYTES = [bytes([byte]) for byte in range(256)]
SPACES = ["", " ", "   x  ", "\n\n \t\r\n", "\0"]
SCRIPTS = ["人人生而自由，在尊严和权利上一律平等。", "שלום العربية हिन्दी", "１２３ Ⅷ ½ ²", "👩‍🔬🇨🇳"]
AWKWARD = [*SPACES, *SCRIPTS, "don't WON'T it's", "naïve café", "a_b__c", "x" * 500]


@pytest.fixture(scope="module")
def gpt2():
    return vocab.load_gpt2_ranks()


@pytest.fixture(scope="module")
def qwen():
    return vocab.load_qwen_ranks()


def test_gpt2_gives_the_published_numbers(gpt2):
    assert len(gpt2) == 50_256
    assert gpt2.encode("Hello world") == [15496, 995]
    assert gpt2.encode(" SolidGoldMagikarp") == [43453]
    assert gpt2.encode(" the") == [262]
    assert gpt2.split("1234567") == [b"123", b"45", b"67"]
    assert repr(gpt2) == "Vocabulary(50,256 tokens)"


def test_qwen_gives_the_published_numbers(qwen):
    assert len(qwen) == 151_643
    assert qwen.encode("Hello world") == [9707, 1879]
    assert qwen.encode("你好") == [108386]
    assert qwen.encode("人工智能") == [104455]
    assert qwen.split("1234567") == [b"1", b"2", b"3", b"4", b"5", b"6", b"7"]
    assert qwen.split("DON'T")[-1] == b"'T"  # Qwen's endings know no case, GPT-2's do


@pytest.mark.parametrize("text", AWKWARD, ids=range(len(AWKWARD)))
def test_every_text_comes_back(gpt2, qwen, text):
    assert gpt2.decode(gpt2.encode(text)) == text
    assert qwen.decode(qwen.encode(text)) == unicodedata.normalize("NFC", text)
    assert b"".join(gpt2.split(text)) == text.encode()


def test_lowest_rank_first_by_hand():
    toy = Vocabulary([*BYTES, b"ab", b"bc", b"abc", b" a"])
    assert toy.encode("abc") == [258]  # ab, then abc
    assert toy.split("aabcbc") == [b"a", b"abc", b"bc"]
    assert toy.split("x ab") == [b"x", b" ", b"ab"]  # ab has a lower rank than " a"
    assert toy.split("ab c") == [b"ab", b" ", b"c"]  # no token reaches over a piece


def test_pieces_use_the_letters_and_numbers_of_unicode():
    toy = Vocabulary([*BYTES, "½".encode(), b"a" + "½".encode()])
    assert toy.split("a½") == [b"a", "½".encode()]  # ½ is a number, Python's \w says a letter


def test_what_is_refused(gpt2):
    with pytest.raises(ValueError, match="must hold all 256 bytes, 7 is missing"):
        Vocabulary(BYTES[:7] + BYTES[8:])
    with pytest.raises(ValueError, match="must differ from each other, got 1 twice"):
        Vocabulary([*BYTES, b"a"])
    with pytest.raises(ValueError, match="from 0 to 50255, got 50256"):
        gpt2.decode([50_256])
    with pytest.raises(ValueError, match="got -1"):
        gpt2.decode([-1])
    with pytest.raises(TypeError, match="`text` must be a str, got bytes"):
        gpt2.encode(b"Hello")


def test_half_a_character_becomes_the_replacement_character(gpt2):
    assert gpt2.decode(gpt2.encode("尊")[:1]) == "\ufffd"


def test_the_pins_are_the_published_ones():
    pins = {pin.filename: (pin.sha256, pin.size) for pin in (vocab.GPT2_RANKS, vocab.QWEN_RANKS)}
    assert pins == {
        "openai_whisper-20250625.tar.gz": (
            "37a91a3921809d9f44748ffc73c0a55c9f366c85a3ef5c2ae0cc09540432eb96",
            803_191,
        ),
        "dashscope-2.0.2-py3-none-any.whl": (
            "0602d1800f7433bdb7953560986eaf5146454ed3988636c0a91963ba24e74258",
            2_425_551,
        ),
    }


def lines_of(tokens):
    rows = (base64.b64encode(t) + b" %d\n" % rank for rank, t in enumerate(tokens))
    return b"".join(rows)


def test_ranks_are_read_and_their_number_checked():
    arrays = vocab._read_ranks(lines_of([b"a", b"bc"]), 2)
    assert arrays["tokens"].tobytes() == b"abc"
    assert np.array_equal(arrays["sizes"], [1, 2])
    with pytest.raises(ValueError, match="expected the ranks 0 to 2, received 2 lines"):
        vocab._read_ranks(lines_of([b"a", b"bc"]), 3)


def test_an_archive_without_the_list_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("LMLAB_CACHE", str(tmp_path))
    wheel = wheel_of({"dashscope/resources/other.txt": "x"})
    pin = pin_of(wheel)
    monkeypatch.setattr(vocab, "QWEN_RANKS", pin)
    serve(monkeypatch, {pin.filename: wheel})
    with pytest.raises(DataError, match="does not hold the tokens of Qwen as expected"):
        vocab.load_qwen_ranks()


def test_tokens_are_drawn_as_boxes_that_cover_the_bytes():
    ax = Figure().subplots()
    assert vocab.draw_tokens(ax, [b"ab", b"cde", b"f"], dict(enumerate("abcdef")), 4) is ax
    first, second = (row.get_paths() for row in ax.collections)
    spans = [path.get_extents() for path in (*first, *second)]
    edges = [(round(box.x0, 2), round(box.x1, 2), round(box.y0, 2)) for box in spans]
    assert edges == [(0.12, 1.88, 0), (2.12, 4, 0), (0, 0.88, -1.25), (1.12, 1.88, -1.25)]
    assert [text.get_text() for text in ax.texts] == [*"abcdef", "3 tokens"]
    assert ax.texts[4].get_position() == pytest.approx((0.5, -0.83))
