"""Models in Keras, how they are trained and sampled, and the device that they run on.

`device` starts Keras without a word, `training` fits small models fast, `gpt` and `smollm2` are
language models, with their `tokenizer` and `sampling`. May import Keras and `lmlab.data`.
"""
