"""What computes in the page itself: one Python, one script and one style file each.

`digit_pad` reads a drawn digit, `text_pad` writes with a small GPT, `sentence_pad` finds sentences
that mean alike, `review_pad` judges reviews, `playground` trains a small network, `margin_pad`
computes what a service earns,
`taste_pad` recommends films, `box_pad`
measures boxes that are dragged. Imports nothing else of lmlab, and no Keras.
"""
