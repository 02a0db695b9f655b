"""What an author runs: execute notebooks, check the house rules, sweep claims, write pages.

Reads stored notebooks and `lmlab.live`'s widgets. No chapter imports it, but `lmlab.check.claim`
does: it shows in a chapter what `claims` keeps.
"""
