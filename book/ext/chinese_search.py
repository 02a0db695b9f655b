"""A search that finds Chinese words: each pair of neighbouring characters is a word of the index.

Chinese has no blanks between words, so the reader's word is cut into pairs too, and a page is found
if it holds all of them. Words of other letters are cut and stemmed as Sphinx does it for English.
"""

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u9fff"
PIECE = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")


def words(text: str) -> list[str]:
    """The words of a text; of a run of Chinese characters its pairs, and each character."""
    found = []
    for piece in PIECE.findall(text):
        if "\u3400" <= piece[0] <= "\u9fff":
            found += [*(piece[i : i + 2] for i in range(len(piece) - 1)), *piece]
        else:
            found.append(piece)
    return found


class SearchBoth(SearchEnglish):
    """English and Chinese in one index."""

    js_splitter_code = r"""
var splitQuery = (query) => query
  .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu)
  .flatMap((part) => part.match(/[\u3400-\u9fff]+|[^\u3400-\u9fff]+/g) || [])
  .flatMap((piece) => piece.length === 1 || !/[\u3400-\u9fff]/.test(piece) ? [piece]
    : [...piece.slice(1)].map((letter, i) => piece[i] + letter));
"""

    def split(self, input: str) -> list[str]:
        return words(input)


def setup(app: Sphinx) -> dict:
    app.add_search_language(SearchBoth)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
