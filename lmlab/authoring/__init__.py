"""What an author runs: execute notebooks, check the house rules, write the generated pages.

Reads stored notebooks and `lmlab.live`'s widgets; no chapter imports it.
"""
