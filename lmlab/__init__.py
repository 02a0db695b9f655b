"""Helper package of Large Models Lab: data, figures, live figures, checks, training.

Nothing here imports TensorFlow until a function needs it.
"""
